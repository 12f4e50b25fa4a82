import type { CancelJobResult } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { JobMail } from './job-mail.js';
import type { JobRecord } from './job-record.js';

/** One whose answer was lost, and that the job goes on without. */
export interface LostSubmit {
  readonly mail: JobMail;
  /** Number of its attempt. */
  readonly attempt: number;
  handleOf(jobId: string): JobHandle;
  /** Brings its job to a known end. Never rejects. */
  settle(handle: JobHandle): Promise<CancelJobResult>;
}

/**
 * The submits of a job that were given up as ambiguous. A webhook that comes all the same, while the job is still followed, names
 * the duplicate: it is settled, and no longer suspected but known, with what it used.
 */
export class LostSubmits {
  readonly #record: JobRecord;
  readonly #settling: Promise<void>[] = [];

  constructor(record: JobRecord) {
    this.#record = record;
  }

  watch(lost: LostSubmit): void {
    lost.mail.listen(() => {
      const { jobId } = lost.mail;
      if (jobId === undefined) return;
      lost.mail.listen(() => undefined);
      this.#settling.push(this.#settle(lost, lost.handleOf(jobId)));
    });
  }

  /** Undefined where no webhook came, so that nobody waits who need not. */
  get settling(): Promise<unknown> | undefined {
    return this.#settling.length === 0 ? undefined : Promise.all(this.#settling);
  }

  async #settle({ attempt, settle }: LostSubmit, handle: JobHandle): Promise<void> {
    const { outcome, ...facts } = await settle(handle);
    this.#record.identify(attempt, handle, outcome, facts);
  }
}
