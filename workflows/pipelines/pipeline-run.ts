import {
  CancellationScope,
  CancelledFailure,
  condition,
  setCurrentDetails,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { EvaluateOutcome } from '../../activities/contract.js';
import type { JsonValue } from '../../job-api/json.js';
import {
  type JobFailureDetails,
  type NestedFailureDetails,
  type PipelineResult,
  type Progress,
  SETTLEMENT_MEMO,
  type Settlement,
  USAGE_MEMO,
} from '../contract.js';
import { followJob } from '../jobs/follow-job.js';
import { JobRecord, onlyUnconfirmed, settlementOf } from '../jobs/job-record.js';
import { failureDetails } from '../jobs/job-result.js';
import type { NestedReport } from '../nested-contract.js';
import type { Intake, NestedSettings, PipelinePlan, RecordedPlan, StepPlan } from '../plan.js';
import { runActivity } from '../run-activity.js';
import { now } from '../run-time.js';
import { setSearchAttributes } from '../search-attributes.js';
import { endWithoutResult, keyOf, type SliceChild, startSlice, whyNotGathered } from '../slices/slice-children.js';
import { sliceInputOf } from '../slices/slice-input.js';
import { placeOf } from './approval-requests.js';
import { pipelineDetails, withBudget } from './current-details.js';
import { evaluateOutput, evaluateReplacement, evaluateSteps } from './evaluate-steps.js';
import { Inbox } from './inbox.js';
import { inlineMaxBytes } from './inline-max-bytes.js';
import { NestedChildren } from './nested-children.js';
import { attributesOf, tenantOf } from './pipeline-attributes.js';
import {
  progressOf,
  recordsIn,
  settlementsIn,
  summariesOf,
  suspectedDuplicatesIn,
  unsettledIn,
  usageIn,
} from './pipeline-report.js';
import { budgetIn, budgetUseOf, type PipelineRunOptions } from './pipeline-run-options.js';
import {
  type ItemEnd,
  initialState,
  isOfBudget,
  type PipelineEvent,
  type PipelineState,
  type SliceReport,
  type StoppingForFailure,
} from './pipeline-state.js';
import { type Command, isOver, planSteps } from './plan-steps.js';
import { readOutput, readStep } from './read-steps.js';
import { refuseNewer } from './refuse-newer.js';
import { stepFailed } from './step-failed.js';
import { planOf, reduce, settingsOf } from './step-state.js';
import { stepsAlong } from './steps-along.js';

/**
 * The one driver: wait for events, let `planSteps` decide, carry out its commands. All behaviour is in the pure
 * functions; this class only talks to Temporal.
 */
export class PipelineRun {
  readonly #plan: PipelinePlan;
  readonly #intake: Intake<RecordedPlan>;
  #state: PipelineState;
  readonly #inbox: Inbox;
  readonly #scopes = new Map<string, CancellationScope>();
  readonly #accounts = new Map<string, (JobRecord | Settlement)[]>();
  readonly #slices = new Map<string, SliceChild>();
  /** Details of failed items, by step and index: one of them may be what the run fails with. */
  readonly #failed = new Map<string, JobFailureDetails | NestedFailureDetails>();
  readonly #nested = new NestedChildren();
  readonly #options: PipelineRunOptions;

  constructor(taken: Intake<RecordedPlan>, options: PipelineRunOptions) {
    refuseNewer(taken.plan);
    this.#intake = taken;
    this.#options = options;
    this.#plan = { ...taken.plan, input: taken.plan.input ?? options.input ?? {} };
    this.#state = initialState(this.#plan);
    this.#inbox = new Inbox(this.#plan);
    setSearchAttributes(attributesOf(this.#plan, options.type), taken.searchAttributes);
  }

  get plan(): PipelinePlan {
    return this.#plan;
  }

  get state(): PipelineState {
    return this.#state;
  }

  progress(status: Progress['status']): Progress {
    const progress = progressOf(this.#plan, this.#state, this.#accounts, status, this.#nested.settling);
    return { ...progress, ...budgetUseOf(this.#options) };
  }

  /** What a slice tells; from anyone else it changes nothing, since only a slice that runs is listened to. */
  report(report: SliceReport): void {
    if (this.#slices.has(keyOf(report))) this.#inbox.push({ kind: 'slice-reported', at: now(), ...report });
  }

  /** What a pipeline of a step tells. */
  nestedReport(report: NestedReport): void {
    this.#nested.report(report);
    if (report.settling !== undefined) this.#show();
  }

  /** What became of its jobs, or of those that may still run. */
  settlement(of: 'all' | 'unconfirmed'): Settlement {
    const settlement = settlementOf(recordsIn(this.#accounts), settlementsIn(this.#accounts));
    return of === 'all' ? settlement : onlyUnconfirmed(settlement);
  }

  async drive(): Promise<PipelineResult> {
    CancellationScope.current().cancelRequested.catch(() => this.#inbox.push({ kind: 'cancel-requested' }));
    // The driver outlives a cancel of the run: the jobs, each in the scope of its step, are cancelled by command.
    await CancellationScope.nonCancellable(() => this.#loop());
    return this.#finish();
  }

  async #loop(): Promise<void> {
    for (;;) {
      for (const command of planSteps(this.#plan, this.#state)) this.#issue(command);
      const over = isOver(this.#plan, this.#state);
      // What is known already is taken in first: the table is drawn once for all of it.
      if (over || this.#inbox.isEmpty) {
        this.#show();
        this.#options.onChange?.();
      }
      if (over) return;
      await condition(() => !this.#inbox.isEmpty);
      for (const event of this.#inbox.take()) this.#apply(event);
    }
  }

  #show(): void {
    const { startTime, workflowId } = workflowInfo();
    const span = { startMs: startTime.getTime(), nowMs: Date.now(), workflowId };
    const details = pipelineDetails(this.#plan, this.#state, this.#accounts, span, this.#nested.settling);
    setCurrentDetails(withBudget(details, this.#options.budget?.use));
    this.#options.onSettling?.();
  }

  #apply(event: PipelineEvent): void {
    this.#state = reduce(this.#plan, this.#state, event);
  }

  #issue(command: Command): void {
    switch (command.kind) {
      case 'prepare':
        this.#apply({ kind: 'prepare-issued', steps: command.steps, at: now() });
        this.#prepare(command.steps.map((name) => planOf(this.#plan, name)));
        return;
      case 'start':
        this.#apply({ kind: 'item-started', step: command.step, index: command.index, at: now() });
        this.#start(planOf(this.#plan, command.step), command.index);
        return;
      case 'start-slice':
        this.#apply({ ...command, kind: 'slice-started' });
        this.#startSlice(command);
        return;
      case 'grant-slots':
        this.#apply({ ...command, kind: 'slots-granted' });
        this.#slices.get(keyOf(command))?.grant(command.slots);
        return;
      case 'gather':
        this.#apply({ kind: 'gather-issued', step: command.step });
        this.#gather(command.step);
        return;
      case 'replace':
        this.#apply({ kind: 'replace-issued', step: command.step });
        this.#replace(planOf(this.#plan, command.step));
        return;
      case 'cancel':
        this.#apply({ kind: 'cancel-issued', steps: command.steps });
        for (const step of command.steps) this.#scopes.get(step)?.cancel();
        return;
      case 'prepare-output':
        this.#apply({ kind: 'output-issued' });
        this.#prepareOutput();
    }
  }

  #prepare(steps: readonly StepPlan[]): void {
    const asked: StepPlan[] = [];
    const read: PipelineEvent[] = [];
    for (const step of steps) {
      const outcome = readStep(this.#plan, this.#state, step);
      if (outcome === undefined) asked.push(step);
      else read.push({ kind: 'prepared', step: step.name, outcome, at: now() });
    }
    this.#inbox.push(...read);
    if (asked.length === 0) return;
    const along = stepsAlong(this.#plan, this.#state, asked);
    this.#apply({ kind: 'prepare-issued', steps: along.steps.map(({ name }) => name), at: now() });
    if (along.output) this.#apply({ kind: 'output-issued' });
    evaluateSteps(this.#plan, this.#state, { asked, along }, this.#options).then((prepared) =>
      this.#inbox.pushLocal(...prepared),
    );
  }

  #prepareOutput(): void {
    const prepared = (outcome: EvaluateOutcome): PipelineEvent => ({ kind: 'output-prepared', outcome });
    const read = readOutput(this.#plan, this.#state);
    if (read !== undefined) this.#inbox.push(prepared(read));
    else evaluateOutput(this.#plan, this.#state, this.#options).then((made) => this.#inbox.pushLocal(prepared(made)));
  }

  #replace(step: StepPlan): void {
    evaluateReplacement(this.#plan, this.#state, step, this.#options).then((outcome) =>
      this.#inbox.pushLocal({ kind: 'replaced', step: step.name, outcome, at: now() }),
    );
  }

  #start(step: StepPlan, index: number): void {
    this.#scopeOf(step.name)
      .run(() => this.#run(step, index))
      .then((end) => this.#inbox.push({ kind: 'item-ended', step: step.name, index, end, at: now() }));
  }

  #run(step: StepPlan, index: number): Promise<ItemEnd> {
    const { name, forEach, approval, nested } = step;
    const place = placeOf(name, forEach === undefined ? undefined : index);
    if (approval) return this.#options.approvals.ask(place, approval);
    return nested ? this.#followNested(step, nested, index) : this.#follow(step, index);
  }

  async #follow(step: StepPlan, index: number): Promise<ItemEnd> {
    // The first attempt is shown with the start of the job; a further one has no event of its own.
    const record = new JobRecord(({ attempts, underWay }) => {
      if (attempts.length > 0 && underWay.length > 0) this.#show();
      else this.#options.onSettling?.();
    });
    this.#account(step.name, record);
    const each = step.forEach !== undefined;
    const end = await followJob(settingsOf(this.#plan, step.name), this.#inputOf(step.name, index), {
      id: each ? `${step.name}[${index}]` : step.name,
      inlineMaxBytes: inlineMaxBytes(this.#plan, step),
      record,
      ...budgetIn(this.#options),
    });
    if (end.kind === 'completed') return { kind: 'completed', output: end.job.output };
    if (end.kind === 'cancelled') return end;
    this.#failed.set(`${step.name}/${index}`, failureDetails(end, record));
    return { kind: 'failed', type: end.type, message: end.message };
  }

  async #followNested({ name: step, forEach }: StepPlan, settings: NestedSettings, index: number): Promise<ItemEnd> {
    const each = forEach !== undefined;
    const end = await this.#nested.follow({
      step,
      settings,
      input: this.#inputOf(step, index),
      run: this.#options.identity,
      ...tenantOf(this.#plan),
      outputMaxBytes: inlineMaxBytes(this.#plan, { forEach }),
      ...budgetIn(this.#options),
      // Of several, how many have ended says enough.
      ...(each ? { index } : { onCounts: (counts) => this.#inbox.push({ kind: 'nested-reported', step, counts }) }),
    });
    if (end.settlement !== undefined) this.#account(step, end.settlement);
    if (end.counts !== undefined && !each) this.#inbox.push({ kind: 'nested-reported', step, counts: end.counts });
    if (end.kind === 'failed') this.#failed.set(`${step}/${index}`, end.details);
    return end;
  }

  #inputOf(step: string, index: number): JsonValue {
    return this.#state.steps[step]?.items[index]?.input ?? null;
  }

  #startSlice(command: Extract<Command, { kind: 'start-slice' }>): void {
    const { step, slice } = command;
    const { input, count } = sliceInputOf(this.#plan, this.#state, command);
    void this.#scopeOf(step).run(async () => {
      const child = startSlice(input, count, this.#intake.searchAttributes, this.#options.budget);
      this.#slices.set(keyOf(input), child);
      this.#inbox.push(await this.#sliceEnd(step, slice, child));
      this.#slices.delete(keyOf(input));
    });
  }

  async #sliceEnd(step: string, slice: number, child: SliceChild): Promise<PipelineEvent> {
    try {
      const { settlement, spent: _, ...report } = await child.result;
      this.#account(step, settlement);
      return { kind: 'slice-ended', step, slice, at: now(), ...report };
    } catch (error) {
      return { kind: 'slice-ended', step, slice, at: now(), ...endWithoutResult(slice, error) };
    }
  }

  #gather(step: string): void {
    const parts = (this.#state.steps[step]?.sliced?.slices ?? []).map(({ part }) => part ?? null);
    runActivity('gather', { parts }, { activityId: `${step}/gather`, summary: `join ${parts.length} slices` }).then(
      (joined) => this.#inbox.push({ kind: 'gathered', step, at: now(), ...joined }),
      (error: unknown) => this.#inbox.push({ kind: 'gather-failed', step, at: now(), error: whyNotGathered(error) }),
    );
  }

  #account(step: string, account: JobRecord | Settlement): void {
    const accounts = this.#accounts.get(step) ?? [];
    accounts.push(account);
    this.#accounts.set(step, accounts);
  }

  #scopeOf(step: string): CancellationScope {
    const scope = this.#scopes.get(step) ?? new CancellationScope({ cancellable: true });
    this.#scopes.set(step, scope);
    return scope;
  }

  #finish(): PipelineResult {
    const { stopping, output } = this.#state;
    if (unsettledIn(this.#accounts).length > 0) {
      setSearchAttributes({ JobRelayUnsettled: true }, this.#intake.searchAttributes);
    }
    // That of a nested run is in the usage of the one around it.
    if (this.#plan.tenant !== undefined && this.#options.type === 'pipeline') {
      upsertMemo({ [USAGE_MEMO]: usageIn(this.#accounts) });
    }
    if (stopping?.kind === 'cancelled') {
      upsertMemo({ [SETTLEMENT_MEMO]: this.settlement('all') });
      throw new CancelledFailure('the run was cancelled and its jobs were settled');
    }
    if (stopping) throw this.#failure(stopping);
    return { output: typeof output === 'object' ? output.value : null, ...this.#summary() };
  }

  #failure(stopping: StoppingForFailure) {
    const { step = 'output', index = 0 } = stopping;
    const unsettled = unsettledIn(this.#accounts);
    const budget = isOfBudget(stopping.error) ? budgetUseOf(this.#options) : {};
    return stepFailed(stopping, this.#failed.get(`${step}/${index}`), { ...this.#summary(), unsettled, ...budget });
  }

  #summary(): Omit<PipelineResult, 'output'> {
    return {
      steps: summariesOf(this.#plan, this.#state, this.#accounts),
      usage: usageIn(this.#accounts),
      suspectedDuplicates: suspectedDuplicatesIn(this.#accounts),
    };
  }
}
