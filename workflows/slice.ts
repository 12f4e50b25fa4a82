import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, OpenSliceResult } from '../activities/contract.js';
import type { JsonValue } from '../job-api/json.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import type { Progress } from './contract.js';
import { followJob, type JobEnd } from './follow-job.js';
import { JobRecord, settlementOf } from './job-record.js';
import type { SliceReport, StepError } from './pipeline-state.js';
import type { JobSettings } from './plan.js';
import {
  GRANT_SLOTS_SIGNAL,
  SLICE_REPORT_SIGNAL,
  type SliceInput,
  type SliceResult,
  type SlotsGranted,
} from './slice-contract.js';
import { type SliceItem, sliceDetails } from './slice-details.js';
import { giveBackAt } from './slices.js';

const { openSlice, storeResults } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** An output of a slice's item whose JSON is longer becomes an artifact: a hundred of them stand in its history. */
const OUTPUT_MAX_BYTES = 2_048;

/** Up to a hundred items of a pipeline's `forEach`, within the slots that the pipeline gives it. */
export async function slice(input: SliceInput): Promise<SliceResult> {
  const run = new SliceRun(input);
  setHandler(defineSignal<[SlotsGranted]>(GRANT_SLOTS_SIGNAL), ({ slots }) => run.grant(slots));
  CancellationScope.current().cancelRequested.catch(() => run.cancel());
  // It outlives its cancel: the jobs, in a scope of their own, are settled before it tells of them.
  return await CancellationScope.nonCancellable(() => run.workOff());
}

type Ended = Extract<JobEnd, { kind: 'completed' | 'failed' }>;

class SliceRun {
  readonly #input: SliceInput;
  readonly #jobs = new CancellationScope({ cancellable: true });
  readonly #records: JobRecord[] = [];
  readonly #ends: (Ended | undefined)[] = [];
  #cancelled = false;
  #slots: number;
  #running = 0;
  #done = 0;
  #failed = 0;
  #failure: SliceReport['failure'];
  /** Slots given back since the last report, and how many items had ended at it. */
  #freed = 0;
  #reported = { ended: 0, failed: 0 };
  #sending = false;
  /** Raised by whatever the loop must look at, or show. */
  #changed = false;
  /** Absent until they are known. */
  #total: number | undefined;

  constructor(input: SliceInput) {
    this.#input = input;
    this.#slots = input.slots;
  }

  grant(slots: number): void {
    this.#slots += slots;
    this.#changed = true;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#changed = true;
    this.#jobs.cancel();
  }

  async workOff(): Promise<SliceResult> {
    const opened = await this.#open();
    if (opened.kind === 'failed') return this.#result({ broken: { type: opened.type, message: opened.message } });

    const { inputs, job } = opened;
    this.#total = inputs.length;
    for (let next = 0; ; ) {
      for (; !this.#cancelled && next < inputs.length && this.#running < this.#slots; next++) {
        this.#start(next, job, inputs[next] ?? null);
      }
      const nothingLeft = this.#cancelled || next >= inputs.length;
      if (nothingLeft && this.#running === 0) break;
      if (nothingLeft) this.#giveBack();
      this.#report();
      this.#show('running');
      this.#changed = false;
      await condition(() => this.#changed);
    }
    await condition(() => !this.#sending);
    return this.#cancelled ? this.#result({}) : await this.#completed();
  }

  async #open(): Promise<OpenSliceResult> {
    const { work, items, from } = this.#input;
    try {
      return await openSlice({ work, items, from });
    } catch (error) {
      return {
        kind: 'failed',
        type: 'ExpressionFailed',
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }

  #start(at: number, settings: JobSettings, input: JsonValue): void {
    // Only to be shown: a phase of a job changes nothing of what is to be done.
    const record = new JobRecord(() => {
      this.#changed = true;
    });
    this.#records.push(record);
    this.#running += 1;
    const id = `${this.#input.step}[${this.#input.from + at}]`;
    this.#jobs
      .run(() => followJob(settings, input, { id, inlineMaxBytes: OUTPUT_MAX_BYTES, record }))
      .then((end) => this.#ended(at, end));
  }

  #ended(at: number, end: JobEnd): void {
    this.#running -= 1;
    this.#changed = true;
    if (end.kind === 'cancelled') return;
    this.#ends[at] = end;
    if (end.kind === 'completed') {
      this.#done += 1;
      return;
    }
    this.#failed += 1;
    this.#failure ??= { index: this.#input.from + at, type: end.type, message: end.message };
  }

  /** Slots for which there is nothing left to start go back in bundles. */
  #giveBack(): void {
    const idle = this.#slots - this.#running;
    if (idle < giveBackAt(this.#slots)) return;
    this.#slots -= idle;
    this.#freed += idle;
  }

  #report(): void {
    const ended = this.#done + this.#failed;
    const due =
      this.#freed > 0 ||
      this.#failed > this.#reported.failed ||
      ended - this.#reported.ended >= this.#input.reportEvery;
    const { parent } = workflowInfo();
    // One at a time: what comes meanwhile rides with the next.
    if (!due || this.#sending || parent === undefined) return;
    this.#sending = true;
    const report = { step: this.#input.step, slice: this.#input.slice, ...this.#state() } satisfies SliceReport;
    this.#freed = 0;
    this.#reported = { ended, failed: this.#failed };
    getExternalWorkflowHandle(parent.workflowId, parent.runId)
      .signal(SLICE_REPORT_SIGNAL, report)
      .catch((error: unknown) => {
        // A parent that is gone is told nothing; its close cancels this slice.
        if (isCancellation(error)) throw error;
      })
      .finally(() => {
        this.#sending = false;
        this.#changed = true;
      });
  }

  /** Of a slice with much going on, once for all that happened together. */
  #show(status: Progress['status']): void {
    const isOver = status !== 'running';
    const started = this.#records.map((record, at): SliceItem => {
      const end = this.#ends[at]?.kind ?? (isOver ? 'cancelled' : undefined);
      return { record, ...(end === undefined ? {} : { end }) };
    });
    const now = this.#cancelled && !isOver ? 'cancelling' : status;
    const total = this.#total === undefined ? {} : { total: this.#total };
    const span = { startMs: workflowInfo().startTime.getTime(), nowMs: Date.now() };
    setCurrentDetails(sliceDetails({ status: now, from: this.#input.from, ...total, started }, span));
  }

  #state(): Pick<SliceReport, 'done' | 'failed' | 'freed' | 'failure'> {
    return {
      done: this.#done,
      failed: this.#failed,
      freed: this.#freed,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  async #completed(): Promise<SliceResult> {
    const outputs = this.#ends.map((end) => (end?.kind === 'completed' ? end.job.output : null));
    const errors = this.#ends.map((end) => (end?.kind === 'failed' ? { type: end.type, message: end.message } : null));
    const { part } = await storeResults({ outputs, errors });
    return this.#result({ part });
  }

  #result(more: { part?: SliceResult['part']; broken?: StepError }): SliceResult {
    const settlement = settlementOf(this.#records);
    const { broken, part } = more;
    this.#show(broken === undefined ? (part === undefined ? 'cancelled' : 'completed') : 'failed');
    return {
      ...this.#state(),
      ...(broken === undefined ? {} : { broken }),
      ...(part === undefined ? {} : { part }),
      // The handles of jobs that completed are of no use to the pipeline, and there may be ten thousand.
      settlement: part === undefined ? settlement : { ...settlement, jobs: settlement.jobs.filter(isUnconfirmed) },
    };
  }
}

function isUnconfirmed({ settled }: SliceResult['settlement']['jobs'][number]): boolean {
  return settled === 'unconfirmed';
}
