import { type Path, settingsLayer } from '../config/index.js';
import type { StepPlan, Template } from '../workflows/plan.js';
import { approvalSettings, MAX_APPROVALS } from './approval.js';
import { bodyPath } from './body-path.js';
import { type Compile, compileNested, type NestedStep } from './compile-nested.js';
import { type EndpointDirectory, type GivenJobOptions, jobSettings, problemsOfOutputSchema } from './endpoints.js';
import { problemsOfHedge } from './hedge.js';
import type { Nesting } from './nesting.js';
import { isObject, kindOf } from './plain-json.js';
import type { Problem } from './problems.js';
import {
  DEFAULT_CONCURRENCY,
  type Definition,
  FOR_EACH_FIELDS,
  JOB_FIELDS,
  NESTED_FIELDS,
  type StepDefinition,
} from './schema.js';
import { problemsOfS3Config, problemsOfSecrets } from './secrets.js';
import { readSteps, type Surroundings, unknownName } from './step-references.js';
import { expressionIn, expressionsIn, problemsInTemplate } from './template.js';

/** Items of one `forEach`: a hundred slices, which is as many children as a run's own history should hold. */
export const MAX_ITEMS = 10_000;
const NO_FAILURES = { count: 0 } as const;

export interface StepContext {
  readonly surroundings: Pick<Surroundings, 'stepNames' | 'inputFields'>;
  readonly endpoints: EndpointDirectory;
  /** Settings of the pipeline for all its jobs. */
  readonly defaults: NonNullable<Definition['defaults']>;
  readonly nesting: Nesting;
  readonly compile: Compile;
}

/** Makes the plan of a step; it is complete only where there are no problems. */
export function compileStep(
  name: string,
  step: StepDefinition,
  { surroundings, endpoints, defaults, nesting, compile }: StepContext,
): { readonly plan: StepPlan; readonly nested: NestedStep; readonly problems: readonly Problem[] } {
  const path = ['steps', name];
  const references = readTemplates(step, surroundings, endpoints.secrets, path);
  const job = step.endpoint === undefined ? undefined : compileJobOptions(step, endpoints, defaults, path);
  const nested = compileNested(step, nesting, compile, path);
  const needed = new Set([...references.steps, ...(step.needs ?? [])]);
  const kind = stepKind(step);
  const approval = step.approval && approvalSettings(step.approval);
  const plan: StepPlan = {
    name,
    kind,
    needs: surroundings.stepNames.filter((other) => needed.has(other)),
    ...(step.when !== undefined && { when: step.when }),
    ...(step.forEach !== undefined && { forEach: step.forEach }),
    // Nobody is kept busy by an approval that waits.
    concurrency: kind === 'approval' ? MAX_APPROVALS : (step.concurrency ?? DEFAULT_CONCURRENCY),
    tolerate: step.tolerate ?? NO_FAILURES,
    onError: step.onError ?? 'fail',
    body: bodyOf(step) ?? (step.pipeline === undefined ? null : {}),
    ...(job !== undefined && { job: job.settings }),
    ...(approval !== undefined && { approval }),
    ...(nested.settings !== undefined && { nested: nested.settings }),
  };
  const problems = [
    ...problemsOfKind(step, path),
    ...problemsOfNeeds(step, surroundings.stepNames, path),
    ...(job?.problems ?? []),
    ...nested.problems,
    ...references.problems,
  ];
  return { plan, nested, problems };
}

/** What a kind of step is called, and the field that makes a step one. */
const KINDS = [
  { kind: 'job', field: 'endpoint', name: 'a job' },
  { kind: 'set', field: 'set', name: 'a value' },
  { kind: 'approval', field: 'approval', name: 'an approval' },
  { kind: 'pipeline', field: 'pipeline', name: 'a pipeline' },
] as const satisfies readonly {
  readonly kind: StepPlan['kind'];
  readonly field: keyof StepDefinition;
  readonly name: string;
}[];

function stepKind(step: StepDefinition): StepPlan['kind'] {
  return KINDS.find(({ field }) => step[field] !== undefined)?.kind ?? 'set';
}

function bodyOf(step: StepDefinition): Template | undefined {
  switch (stepKind(step)) {
    case 'job':
    case 'pipeline':
      return step.input;
    case 'set':
      return step.set;
    case 'approval':
      return step.approval?.message;
  }
}

function problemsOfKind(step: StepDefinition, path: Path): readonly Problem[] {
  const { forEach, when } = step;
  const [kind, other] = KINDS.filter(({ field }) => step[field] !== undefined);
  if (kind === undefined) {
    return [
      {
        path,
        message: 'is of no kind: give it "endpoint" and "input" (a job), "set" (a value), "pipeline" or "approval"',
      },
    ];
  }
  if (other !== undefined) {
    const message = `is ${kind.name} and ${other.name} at once: give it "${kind.field}" or "${other.field}", not both`;
    return [{ path, message }];
  }
  const useless = [
    ...(kind.kind === 'approval' && forEach !== undefined
      ? [['concurrency', 'all approvals of a step are asked for at once: leave it out'] as const]
      : []),
    ...JOB_FIELDS.filter(
      (field) => kind.kind !== 'job' && !(kind.kind === 'pipeline' && NESTED_FIELDS.includes(field)),
    ).map((field) => [field, NESTED_FIELDS.includes(field) ? OF_BOTH : OF_JOBS] as const),
    ...(forEach === undefined
      ? FOR_EACH_FIELDS.map((field) => [field, 'only a step with "forEach" has this field'] as const)
      : []),
  ];
  return [
    ...useless.flatMap(([field, message]) => (step[field] === undefined ? [] : [{ path: [...path, field], message }])),
    ...(typeof when === 'string' && expressionIn(when) === undefined
      ? [{ path: [...path, 'when'], message: 'must be one expression {% … %}, true or false' }]
      : []),
    ...problemsOfForEach(forEach, kind.kind === 'approval' ? MAX_APPROVALS : MAX_ITEMS, [...path, 'forEach']),
  ];
}

const OF_JOBS = 'only a step with "endpoint" has this field';
const OF_BOTH = 'only a step with "endpoint" or "pipeline" has this field';

function problemsOfForEach(forEach: StepDefinition['forEach'], maxItems: number, path: Path): readonly Problem[] {
  if (typeof forEach === 'string' && expressionIn(forEach) === undefined) {
    return [{ path, message: 'must be one expression {% … %} or a list' }];
  }
  if (Array.isArray(forEach) && forEach.length > maxItems) {
    return [{ path, message: `has ${forEach.length} items; at most ${maxItems} can be run` }];
  }
  return [];
}

function problemsOfNeeds({ needs = [] }: StepDefinition, stepNames: readonly string[], path: Path): readonly Problem[] {
  return needs.flatMap((name, index) =>
    stepNames.includes(name)
      ? []
      : [{ path: [...path, 'needs', index], message: unknownName('step', name, stepNames) }],
  );
}

function compileJobOptions(
  step: StepDefinition,
  endpoints: EndpointDirectory,
  defaults: StepContext['defaults'],
  path: Path,
): { readonly settings: NonNullable<StepPlan['job']>; readonly problems: readonly Problem[] } {
  const { endpoint = [], input, s3Config, outputSchema } = step;
  const names = typeof endpoint === 'string' ? [endpoint] : endpoint;
  const { settings, unknown } = jobSettings(names, givenOptions(step), settingsLayer(defaults), endpoints);
  const problems = [
    ...unknown.map((problem) => ({
      path: [...path, 'endpoint', ...(typeof endpoint === 'string' ? [] : problem.path)],
      message: problem.message,
    })),
    ...problemsOfJobInput(input, settings.allowEmptyInput === true).map((message) => ({
      path: [...path, 'input'],
      message,
    })),
    ...problemsOfS3Config(s3Config, endpoints.secrets, [...path, 's3Config']),
    ...problemsOfHedge(settings, step, path),
    ...problemsOfOutputSchema(outputSchema, settings, path),
  ];
  return { settings, problems };
}

/** Options as a schema of `jobOptions` reads them, as a layer and the rest. */
export function givenOptions({
  timeouts,
  retry,
  hedge,
  onAmbiguousSubmit,
  stream,
  policy,
  s3Config,
  model,
  outputSchema,
}: Pick<
  StepDefinition,
  'timeouts' | 'retry' | 'hedge' | 'onAmbiguousSubmit' | 'stream' | 'policy' | 's3Config' | 'model' | 'outputSchema'
>): GivenJobOptions {
  const layer = settingsLayer({ timeouts, retry, hedge, onAmbiguousSubmit, stream });
  return { ...layer, lowPriority: policy?.lowPriority, s3Config, model, outputSchema };
}

/** What can be said of a job's input before its expressions are evaluated. */
function problemsOfJobInput(input: Template | undefined, mayBeEmpty: boolean): readonly string[] {
  if (input === undefined) return mayBeEmpty ? [] : ['is missing: a job needs an input'];
  if (typeof input === 'string' && expressionIn(input) !== undefined) return [];
  if (!isObject(input)) return [`must be an object, not ${kindOf(input)}`];
  if (Object.hasOwn(input, '$artifact')) return ['must be an object, not a file: put the file into a field'];
  return Object.keys(input).length === 0 && !mayBeEmpty ? [EMPTY_INPUT] : [];
}

/** Source: RunPod's worker SDK, which drops a job whose input is falsy or empty, so that it dies of its time limit. */
export const EMPTY_INPUT =
  'is empty, and RunPod\'s workers refuse an empty input: put a field in it, or set "allowEmptyInput" for the endpoint in jobrelay.yaml';

function replacementIn({ onError }: StepDefinition): Template {
  return typeof onError === 'object' ? onError.output : null;
}

/** The steps that the expressions of a step read, and what is wrong with them. */
function readTemplates(
  step: StepDefinition,
  shared: StepContext['surroundings'],
  secrets: readonly string[],
  path: Path,
) {
  const computedAllowed = (step.needs ?? []).length > 0;
  const inForEach = step.forEach !== undefined;
  const field = bodyPath({ kind: stepKind(step) });
  const places = [
    { template: step.when ?? null, at: [...path, 'when'], inForEach: false },
    { template: step.forEach ?? null, at: [...path, 'forEach'], inForEach: false },
    { template: bodyOf(step) ?? null, at: [...path, ...field], inForEach },
    { template: replacementIn(step), at: [...path, 'onError', 'output'], inForEach: false },
  ];
  const read = places.flatMap(({ template, at, inForEach: items }) => [
    { steps: [], problems: [...problemsInTemplate(template, at), ...problemsOfSecrets(template, secrets, at)] },
    ...expressionsIn(template, at).map((expression) =>
      readSteps(expression, { ...shared, inForEach: items, computedAllowed }),
    ),
  ]);
  return {
    steps: read.flatMap(({ steps }) => steps),
    problems: read.flatMap(({ problems }) => problems),
  };
}
