/** Makes a plan of what a step of the kind `pipeline` runs. */
import type { Path } from '../config/index.js';
import type { JsonObject } from '../job-api/json.js';
import type { DefinitionPlan, NestedSettings } from '../workflows/plan.js';
import { locateProblems } from './check-source.js';
import { checkStored } from './check-stored.js';
import type { CompiledDefinition } from './compile-definition.js';
import { type CompiledNested, MAX_NESTING, type Nesting } from './nesting.js';
import type { NamedDefinition } from './pipeline-folder.js';
import { isObject, kindOf } from './plain-json.js';
import { DefinitionError, type Problem, quote } from './problems.js';
import type { StepDefinition } from './schema.js';
import { expressionIn, expressionsIn } from './template.js';

/** `compileDefinition`, which reaches this file by its steps. */
export type Compile = (definition: unknown, nesting: Nesting) => CompiledDefinition;

export interface NestedStep {
  /** Absent where there are problems. */
  readonly settings?: NestedSettings;
  readonly problems: readonly Problem[];
  /** Steps of the pipeline and of those within. */
  readonly steps: number;
  /** Pipelines within one another, with this one. */
  readonly height: number;
}

/** Nothing of a step that is no pipeline. */
export const NOT_NESTED: NestedStep = { problems: [], steps: 0, height: 0 };

export function compileNested(
  step: Pick<StepDefinition, 'pipeline' | 'input' | 'timeouts'>,
  nesting: Nesting,
  compile: Compile,
  path: Path,
): NestedStep {
  const { pipeline, timeouts } = step;
  if (pipeline === undefined) return NOT_NESTED;
  const at = [...path, 'pipeline'];
  const found = find(pipeline, nesting, compile);
  if (found.kind === 'wrong') return { ...NOT_NESTED, problems: under(at, found.problems) };

  const { compiled, definition } = found;
  if (compiled.plan.budget !== undefined) return { ...NOT_NESTED, problems: under(at, [budgetWithin(definition)]) };
  const height = compiled.height + 1;
  if (nesting.depth + height > MAX_NESTING) return { ...NOT_NESTED, problems: [{ path: at, message: TOO_DEEP }] };
  const { plan, inputSchema } = compiled;
  const name = plan.name ?? definition?.name;
  return {
    settings: {
      ...(name !== undefined && { name }),
      ...(definition !== undefined && { definition: { name: definition.name, sha256: definition.sha256 } }),
      ...(timeouts?.total !== undefined && { totalMs: timeouts.total }),
      endpoints: endpointsIn(plan),
      pipeline: { kind: 'compiled', plan, ...(inputSchema !== undefined && { inputSchema }) },
    },
    problems: [
      ...problemsOfTimeouts(timeouts, path),
      ...problemsOfInput(step.input ?? {}, compiled, [...path, 'input']),
    ],
    steps: compiled.steps,
    height,
  };
}

function endpointsIn({ steps }: DefinitionPlan): readonly string[] {
  const names = steps.flatMap(
    ({ job, nested }) => job?.targets.map(({ endpoint }) => endpoint) ?? nested?.endpoints ?? [],
  );
  return [...new Set(names)];
}

/** One that counted would be another budget within that of the run; one that did not, a promise not kept. */
function budgetWithin(definition: NamedDefinition | undefined): Problem {
  const message =
    'a budget is that of a whole run: write it in the definition that is started, or give it to the start';
  return definition === undefined
    ? { path: ['budget'], message }
    : { path: [], message: `the pipeline ${quote(definition.name)} has a budget; ${message}` };
}

const TOO_DEEP = `leads to pipelines nested more than ${MAX_NESTING} deep`;

type Found = Exclude<CompiledNested, { kind: 'compiled' }> | Compiled;
type Compiled = Extract<CompiledNested, { kind: 'compiled' }> & { readonly definition?: NamedDefinition };

function find(pipeline: NonNullable<StepDefinition['pipeline']>, nesting: Nesting, compile: Compile): Found {
  if (nesting.depth >= MAX_NESTING) return wrong(TOO_DEEP);
  if (typeof pipeline !== 'string') {
    return attempt(
      () => compile(pipeline, { ...nesting, depth: nesting.depth + 1 }),
      (error) => error.found,
    );
  }
  const { within, library, known } = nesting;
  if (within.includes(pipeline)) return wrong(`includes itself: ${[...within, pipeline].map(quote).join(' -> ')}`);
  const entry = library.find(pipeline);
  if (entry.kind === 'unusable') return wrong(entry.message);
  const { definition } = entry;
  const before = known.get(pipeline);
  const now = before ?? compileNamed(definition, nesting, compile);
  known.set(pipeline, now);
  return now.kind === 'compiled' ? { ...now, definition } : now;
}

function compileNamed(
  { name, definition, source }: NamedDefinition,
  nesting: Nesting,
  compile: Compile,
): CompiledNested {
  return attempt(
    () => compile(definition, { ...nesting, depth: nesting.depth + 1, within: [...nesting.within, name] }),
    // Their paths begin in another file: what a person needs of them is said in words.
    (error) =>
      locateProblems(error.found, source).map(({ text }) => ({
        path: [],
        message: `the pipeline ${quote(name)} cannot run: ${text}`,
      })),
  );
}

function attempt(
  compile: () => CompiledDefinition,
  problemsOf: (error: DefinitionError) => readonly Problem[],
): CompiledNested {
  try {
    return { kind: 'compiled', compiled: compile() };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return { kind: 'wrong', problems: problemsOf(error) };
  }
}

function wrong(message: string): Extract<CompiledNested, { kind: 'wrong' }> {
  return { kind: 'wrong', problems: [{ path: [], message }] };
}

function under(path: Path, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

/** A run has no queue to wait in, and its jobs have limits of their own. */
function problemsOfTimeouts(timeouts: StepDefinition['timeouts'], path: Path): readonly Problem[] {
  return (['queue', 'run'] as const).flatMap((field) =>
    timeouts?.[field] === undefined
      ? []
      : [
          {
            path: [...path, 'timeouts', field],
            message: 'is a limit of a job: write it in the pipeline; a step with "pipeline" takes "total" alone',
          },
        ],
  );
}

/** What can be said of its input before expressions are evaluated: all where it has none, and else which fields there are. */
function problemsOfInput(
  input: NonNullable<StepDefinition['input']>,
  { checkInput, inputSchema }: CompiledDefinition,
  path: Path,
): readonly Problem[] {
  if (typeof input === 'string' && expressionIn(input) !== undefined) return [];
  if (!isObject(input)) return [{ path, message: `must be an object, not ${kindOf(input)}` }];
  if (expressionsIn(input).length === 0) return under(path, checkStored(checkInput, input));
  return under(path, problemsOfFields(input, inputSchema));
}

function problemsOfFields(input: JsonObject, schema: JsonObject | undefined): readonly Problem[] {
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return required.flatMap((field) =>
    typeof field !== 'string' || Object.hasOwn(input, field) ? [] : [{ path: [field], message: 'is missing' }],
  );
}
