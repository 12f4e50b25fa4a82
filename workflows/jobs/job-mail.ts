import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from '@temporalio/workflow';
import { JOB_ENDED_SIGNAL, type JobEndedSignal } from '../contract.js';
import { rootScope } from '../root-scope.js';

/** What webhooks have said of one submit, as far as they came to another process than the one that waits for its job. */
export class JobMail {
  /** Id of the activity that submits. */
  readonly submit: string;
  #arrivals = 0;
  #jobId: string | undefined;
  #listener: () => void = () => undefined;

  constructor(submit: string) {
    this.submit = submit;
  }

  get hasArrived(): boolean {
    return this.#arrivals > 0;
  }

  /** As the first webhook that told had it. */
  get jobId(): string | undefined {
    return this.#jobId;
  }

  deliver({ jobId }: JobEndedSignal): void {
    this.#arrivals += 1;
    if (typeof jobId === 'string') this.#jobId ??= jobId;
    this.#listener();
  }

  /** Calls back at each arrival from now on, in the place of whoever asked for that before. */
  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** The job's id, as soon as a webhook tells; undefined where none does in time, or the surrounding scope is cancelled. */
  async jobIdWithin(timeoutMs: number): Promise<string | undefined> {
    if (this.#jobId !== undefined || CancellationScope.current().consideredCancelled) return this.#jobId;
    try {
      await condition(() => this.#jobId !== undefined, timeoutMs);
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
    return this.#jobId;
  }
}

/** By the scope that a run's whole code runs in, as its ledger. */
const boxes = new WeakMap<CancellationScope, Map<string, JobMail>>();

/**
 * Keeps what comes for a submit from now on. The first time in a run, this takes the signal of the receiver; what comes
 * for submits that nobody opened is dropped.
 */
export function openMail(submit: string): JobMail {
  const root = rootScope();
  const box = boxes.get(root) ?? new Map<string, JobMail>();
  if (!boxes.has(root)) {
    boxes.set(root, box);
    // Anybody may send one, with anything: an error here would fail the workflow task for ever.
    setHandler(defineSignal<[JobEndedSignal?]>(JOB_ENDED_SIGNAL), (signal) => {
      if (signal) box.get(signal.submit)?.deliver(signal);
    });
  }
  const mail = new JobMail(submit);
  box.set(submit, mail);
  return mail;
}
