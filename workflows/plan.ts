/**
 * What `intake` makes of an input, recorded in the history: everything decided, defaults filled in, names resolved.
 * Types only. A change in meaning needs a new `v`, since open runs replay with the plan they recorded.
 */
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type {
  ApprovalOnTimeout,
  BudgetInput,
  DefinitionIdentity,
  SearchAttributeName,
  StreamMode,
} from './contract.js';
import type { Formula } from './pipelines/formula.js';

/** One place a job can run. */
export interface Target {
  /** As the author wrote it: an alias, or `provider/endpointId`. What prices and messages go by. */
  readonly endpoint: string;
  readonly provider: string;
  readonly endpointId: string;
  readonly model?: string;
  /** Its jobs are submitted with a webhook. */
  readonly webhook?: {
    /** How long a submit whose fate is not known waits for the one that names its job. */
    readonly adoptMs: number;
  };
}

/** Everything about a job but its input. */
export interface JobSettings {
  /** In order of preference; at least one. */
  readonly targets: readonly Target[];
  readonly timeouts: { readonly queueMs: number; readonly runMs: number; readonly totalMs?: number };
  readonly retry: {
    readonly platform: number;
    readonly queue: number;
    readonly handler: number;
    /** Pauses before extra jobs; absent in older plans. */
    readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
  };
  /** Absent: no job is begun beside one that is slow. */
  readonly hedge?: { readonly afterMs: number; readonly max: number };
  readonly onAmbiguousSubmit: 'resubmit' | 'fail';
  readonly lowPriority?: boolean;
  readonly s3Config?: JsonObject;
  /** A large one as a reference to where `intake` stored it. */
  readonly outputSchema?: JsonObject;
  /** Every endpoint takes a job with the input `{}`, which RunPod's workers refuse. */
  readonly allowEmptyInput?: boolean;
  /** Absent: the stream is not read. */
  readonly stream?: Exclude<StreamMode, 'off'>;
}

export interface JobPlan {
  readonly v: 1;
  /** Whose run it is. */
  readonly tenant?: string;
  readonly budget?: BudgetInput;
  readonly settings: JobSettings;
  /** Large parts replaced by `{"$artifact": …}` references. */
  readonly input: JsonValue;
}

/** A JSON value whose strings may be `{% expression %}`. */
export type Template = JsonValue;

export interface TolerableShare {
  readonly percent: number;
  /** Absent in plans of before, whose open runs go on with a share that may be one item short: see `share.ts`. */
  readonly exact?: true;
}

export interface StepPlan {
  readonly name: string;
  readonly kind: 'job' | 'set' | 'approval' | 'pipeline';
  /** Steps that must have ended before this one is looked at: those its expressions name, and those given by hand. */
  readonly needs: readonly string[];
  readonly when?: Template;
  readonly forEach?: Template;
  /** Items of a `forEach` under way at once. */
  readonly concurrency: number;
  /** Failed items that a `forEach` may have and still complete. */
  readonly tolerate: { readonly count: number } | TolerableShare;
  /** With an output: where the step fails, the run goes on with that in its place. */
  readonly onError: 'fail' | 'continue' | { readonly output: Template };
  /** The input of the job or of the nested pipeline, the value of a `set`, or what the person at an approval is shown. */
  readonly body: Template;
  /** What `body` and `when` compute, where that is plain enough to be read without `evaluate`. Since `v` 2. */
  readonly formula?: { readonly body: Formula; readonly when?: Formula };
  /** Present where `kind` is `job`. */
  readonly job?: JobSettings;
  /** Present where `kind` is `approval`. */
  readonly approval?: ApprovalSettings;
  /** Present where `kind` is `pipeline`. */
  readonly nested?: NestedSettings;
}

export interface ApprovalSettings {
  readonly timeoutMs: number;
  readonly onTimeout: ApprovalOnTimeout;
  /** `continue`: the step completes, and its output says that it was rejected. */
  readonly onReject: 'continue' | 'fail';
}

/** Everything about a nested pipeline but its input. */
export interface NestedSettings {
  /** What its definition calls itself, or the name by which it was found. */
  readonly name?: string;
  /** Where it was found by its name. */
  readonly definition?: DefinitionIdentity;
  /** How long a run of it may take. */
  readonly totalMs?: number;
  /** Those of its jobs, and of the pipelines within, as their authors named them. */
  readonly endpoints: readonly string[];
  readonly pipeline: NestedPipeline;
}

/** Whole where it was compiled; `intake` stores it, so that a history holds a reference. */
export type NestedPipeline =
  | ({ readonly kind: 'compiled' } & CompiledPipeline)
  | { readonly kind: 'stored'; readonly reference: JsonValue };

export interface CompiledPipeline {
  readonly plan: DefinitionPlan;
  /** JSON Schema that its input must meet. */
  readonly inputSchema?: JsonObject;
}

/** A plan that can be run with one input or another. */
export type DefinitionPlan = Omit<PipelinePlan, 'input'>;

export interface PipelinePlan {
  /**
   * 1: all expressions are evaluated by the activity `evaluate`.
   * 2: those that have a formula are read by the workflow, as long as the values in them are small and plain.
   * 3: what waits only for values is evaluated in one call with them.
   * 4: a value that is only read by what is evaluated with it stays in that call; one such call at a time, and events one by one.
   */
  readonly v: 1 | 2 | 3 | 4;
  readonly name?: string;
  /** Whose run it is. */
  readonly tenant?: string;
  /** Of the run that somebody started; a nested one has a part of that, and none of its own. */
  readonly budget?: BudgetInput;
  /** In the order of the definition, which is the order in which commands are issued. */
  readonly steps: readonly StepPlan[];
  /** Absent: the outputs of all steps, by name. */
  readonly output?: Template;
  /** What `output` computes, as {@link StepPlan.formula}. */
  readonly outputFormula?: Formula;
  readonly input: JsonValue;
}

/** As it is recorded: without the input where that is the run's own as it came, which its first event holds. Since `v` 3. */
export type RecordedPlan = DefinitionPlan & { readonly input?: JsonValue };

/** What the first activity of a run returns. */
export interface Intake<P> {
  readonly plan: P;
  /** The search attributes that this namespace has registered; setting another would fail the workflow task for ever. */
  readonly searchAttributes: readonly SearchAttributeName[];
  /** Of a pipeline that was given by name. */
  readonly definition?: DefinitionIdentity;
}
