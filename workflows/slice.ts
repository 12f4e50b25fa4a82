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
import type { RunBudget } from './budget/run-budget.js';
import { handleBudget, partOfBudget } from './budget/signals.js';
import type { Progress, Settlement, SettlingProgress } from './contract.js';
import { followJob } from './jobs/follow-job.js';
import { JobRecord, onlyUnconfirmed, settlementOf } from './jobs/job-record.js';
import { settlingIn, totalSettling } from './jobs/settling.js';
import { NESTED_REPORT_SIGNAL, type NestedReport } from './nested-contract.js';
import { NestedChildren } from './pipelines/nested-children.js';
import { type ItemEnd, isOfBudget, type SliceReport, type StepError } from './pipelines/pipeline-state.js';
import type { JobSettings } from './plan.js';
import {
  GRANT_SLOTS_SIGNAL,
  SLICE_REPORT_SIGNAL,
  type SliceInput,
  type SliceResult,
  type SlotsGranted,
} from './slice-contract.js';
import { whyNotGathered } from './slices/slice-children.js';
import { type SliceItem, sliceDetails } from './slices/slice-details.js';
import { giveBackAt } from './slices/slices.js';

/** All jobs of a cancelled slice are known at once; after that, as with its items, each report stands for several. */
function isWorthTelling(now: SettlingProgress, told: SettlingProgress, every: number): boolean {
  return now.total > told.total || now.done - told.done >= every;
}

const { openSlice, storeResults } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** An output of a slice's item whose JSON is longer becomes an artifact: a hundred of them stand in its history. */
const OUTPUT_MAX_BYTES = 2_048;

/** Up to a hundred items of a pipeline's `forEach`, within the slots that the pipeline gives it. */
export async function slice(input: SliceInput): Promise<SliceResult> {
  const run = new SliceRun(input);
  setHandler(defineSignal<[SlotsGranted]>(GRANT_SLOTS_SIGNAL), ({ slots }) => run.grant(slots));
  setHandler(defineSignal<[NestedReport]>(NESTED_REPORT_SIGNAL), (report) => run.nestedReport(report));
  handleBudget(() => run.budget);
  CancellationScope.current().cancelRequested.catch(() => run.cancel());
  // It outlives its cancel: the jobs, in a scope of their own, are settled before it tells of them.
  return await CancellationScope.nonCancellable(() => run.workOff());
}

/** How an item ended. */
type ItemEnded = { readonly kind: 'completed'; readonly output: JsonValue } | ({ readonly kind: 'failed' } & StepError);
type Opened = Extract<OpenSliceResult, { kind: 'opened' }>;

class SliceRun {
  readonly #input: SliceInput;
  readonly #jobs = new CancellationScope({ cancellable: true });
  /** Its part of that of the run; absent where the run has none. */
  readonly budget: RunBudget | undefined;
  /** Of each item that was started; that of a nested pipeline is known at its end. */
  readonly #accounts: (JobRecord | Settlement | undefined)[] = [];
  readonly #nested = new NestedChildren();
  readonly #ends: (ItemEnded | undefined)[] = [];
  #cancelled = false;
  #slots: number;
  #running = 0;
  #done = 0;
  #failed = 0;
  #failure: SliceReport['failure'];
  #exceeded: SliceReport['exceeded'];
  /** Slots given back since the last report, and how many items had ended at it. */
  #freed = 0;
  #reported: { readonly ended: number; readonly failed: number; readonly settling: SettlingProgress } = {
    ...{ ended: 0, failed: 0 },
    settling: { done: 0, total: 0 },
  };
  #sending = false;
  /** Raised by whatever the loop must look at, or show. */
  #changed = false;
  /** Absent until they are known. */
  #total: number | undefined;

  constructor(input: SliceInput) {
    this.#input = input;
    this.#slots = input.slots;
    this.budget = input.budget && partOfBudget(input.budget);
  }

  /** What a pipeline of an item tells. */
  nestedReport(report: NestedReport): void {
    this.#nested.report(report);
    if (report.settling !== undefined) this.#changed = true;
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

    const { inputs } = opened;
    this.#total = inputs.length;
    for (let next = 0; ; ) {
      for (; !this.#isStopping && next < inputs.length && this.#running < this.#slots; next++) {
        this.#start(next, opened, inputs[next] ?? null);
      }
      const nothingLeft = this.#isStopping || next >= inputs.length;
      if (nothingLeft && this.#running === 0) break;
      if (nothingLeft) this.#giveBack();
      this.#report();
      this.#show('running');
      this.#changed = false;
      await condition(() => this.#changed);
    }
    await condition(() => !this.#sending);
    return this.#isStopping ? this.#result({}) : await this.#completed();
  }

  /** Nothing more is started. */
  get #isStopping(): boolean {
    return this.#cancelled || this.#exceeded !== undefined;
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

  #start(at: number, opened: Opened, input: JsonValue): void {
    this.#running += 1;
    this.#jobs
      .run(() => (opened.nested === undefined ? this.#follow(at, opened.job, input) : this.#nest(at, opened, input)))
      .then((end) => this.#ended(at, end));
  }

  async #follow(at: number, settings: JobSettings, input: JsonValue): Promise<ItemEnd> {
    // Only to be shown: a phase of a job changes nothing of what is to be done.
    const record = new JobRecord(() => {
      this.#changed = true;
    });
    this.#accounts[at] = record;
    const id = `${this.#input.step}[${this.#input.from + at}]`;
    const budget = this.budget === undefined ? {} : { budget: this.budget };
    const end = await followJob(settings, input, { id, inlineMaxBytes: OUTPUT_MAX_BYTES, record, ...budget });
    return end.kind === 'completed' ? { kind: 'completed', output: end.job.output } : end;
  }

  async #nest(
    at: number,
    { nested: settings, run }: Extract<Opened, { run: unknown }>,
    input: JsonValue,
  ): Promise<ItemEnd> {
    const { step, from, tenant } = this.#input;
    this.#accounts[at] = undefined;
    const order = {
      ...{ step, index: from + at, settings, input, run, outputMaxBytes: OUTPUT_MAX_BYTES },
      ...(tenant === undefined ? {} : { tenant }),
      ...(this.budget === undefined ? {} : { budget: this.budget }),
    };
    const end = await this.#nested.follow(order);
    this.#accounts[at] = end.settlement;
    return end;
  }

  #ended(at: number, end: ItemEnd): void {
    this.#running -= 1;
    this.#changed = true;
    if (end.kind === 'cancelled') return;
    this.#ends[at] = end;
    if (end.kind === 'completed') {
      this.#done += 1;
      return;
    }
    this.#failed += 1;
    if (isOfBudget(end)) {
      this.#exceeded ??= { index: this.#input.from + at, type: end.type, message: end.message };
      return;
    }
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
    const settling = this.#settling();
    const due =
      isWorthTelling(settling, this.#reported.settling, this.#input.reportEvery) ||
      this.#freed > 0 ||
      this.#failed > this.#reported.failed ||
      ended - this.#reported.ended >= this.#input.reportEvery;
    const { parent } = workflowInfo();
    // One at a time: what comes meanwhile rides with the next.
    if (!due || this.#sending || parent === undefined) return;
    this.#sending = true;
    const report = { step: this.#input.step, slice: this.#input.slice, ...this.#state() } satisfies SliceReport;
    this.#freed = 0;
    this.#reported = { ended, failed: this.#failed, settling };
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
    const started = this.#accounts.map((account, at): SliceItem => {
      const end = this.#ends[at]?.kind ?? (isOver ? 'cancelled' : undefined);
      return { ...(account === undefined ? {} : { account }), ...(end === undefined ? {} : { end }) };
    });
    const now = this.#cancelled && !isOver ? 'cancelling' : status;
    const total = this.#total === undefined ? {} : { total: this.#total };
    const span = { startMs: workflowInfo().startTime.getTime(), nowMs: Date.now() };
    setCurrentDetails(sliceDetails({ status: now, from: this.#input.from, ...total, started }, span));
  }

  /** How far it is with the jobs of a cancelled slice, where the pipeline asks for that. */
  #settling(): SettlingProgress {
    const told = this.#cancelled && this.#input.reportsSettling === true;
    if (!told) return totalSettling([]);
    const records = this.#accounts.filter((account) => account instanceof JobRecord);
    return totalSettling([settlingIn(records), this.#nested.settling]);
  }

  #state(): Pick<SliceReport, 'done' | 'failed' | 'freed' | 'settling' | 'failure' | 'exceeded'> {
    const settling = this.#settling();
    return {
      ...(settling.total === 0 ? {} : { settling }),
      done: this.#done,
      failed: this.#failed,
      freed: this.#freed,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      ...(this.#exceeded === undefined ? {} : { exceeded: this.#exceeded }),
    };
  }

  async #completed(): Promise<SliceResult> {
    const outputs = this.#ends.map((end) => (end?.kind === 'completed' ? end.output : null));
    const errors = this.#ends.map((end) => (end?.kind === 'failed' ? { type: end.type, message: end.message } : null));
    try {
      const { part } = await storeResults({ outputs, errors });
      return this.#result({ part });
    } catch (error) {
      // What its jobs have used is told all the same.
      if (isCancellation(error)) throw error;
      return this.#result({ broken: whyNotGathered(error) });
    }
  }

  #result(more: { part?: SliceResult['part']; broken?: StepError }): SliceResult {
    const known = this.#accounts.filter((account) => account !== undefined);
    const settlement = settlementOf(
      known.filter((account) => account instanceof JobRecord),
      known.filter((account): account is Settlement => !(account instanceof JobRecord)),
    );
    const { broken, part } = more;
    const isFailed = broken !== undefined || this.#exceeded !== undefined;
    this.#show(isFailed ? 'failed' : part === undefined ? 'cancelled' : 'completed');
    return {
      ...this.#state(),
      ...(broken === undefined ? {} : { broken }),
      ...(part === undefined ? {} : { part }),
      ...(this.budget === undefined ? {} : { spent: this.budget.spent }),
      // The handles of jobs that completed are of no use to the pipeline, and there may be ten thousand.
      settlement: part === undefined ? settlement : onlyUnconfirmed(settlement),
    };
  }
}
