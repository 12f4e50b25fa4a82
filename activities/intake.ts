import { ArtifactError, type ArtifactStore, externalize, rehydrate } from '../artifacts/index.js';
import { checkInput, compileJob, DefinitionError, takePipeline } from '../definition/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { DefinitionPlan, Intake, JobPlan, RecordedPlan } from '../workflows/plan.js';
import type { IntakeRequest } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';
import { loadNested, storingParts } from './nested-plans.js';
import { storingSchema } from './output-schemas.js';

/** What an input may take up in the plan, which every run has in its history. */
const INLINE_MAX_BYTES = 65_536;

export function intake(request: Extract<IntakeRequest, { kind: 'job' }>, deps: ActivityDeps): Promise<Intake<JobPlan>>;
export function intake(
  request: Extract<IntakeRequest, { kind: 'pipeline' | 'nested' }>,
  deps: ActivityDeps,
): Promise<Intake<RecordedPlan>>;
/**
 * Checks the input of a run, whatever it is, and makes the plan that its history records: names resolved, defaults filled
 * in, the large parts of the input stored. Throws a failure that no retry mends, with every problem in its details.
 */
export async function intake(request: IntakeRequest, deps: ActivityDeps): Promise<Intake<JobPlan | RecordedPlan>> {
  try {
    if (request.kind === 'nested') return await takeNested(request, deps);
    const given = await inPlace(request.input, deps);
    if (request.kind === 'job') {
      const plan = compileJob(given.all, deps.config, given.stored);
      const input = await kept(given.input ?? plan.input, deps.store);
      const settings = await storingSchema(plan.settings, deps.store);
      return { plan: { ...plan, settings, input }, searchAttributes: await deps.searchAttributes() };
    }
    const taken = await takePipeline(given.all, deps.config, given.stored);
    const { plan, ...origin } = await storingParts(taken, deps.store);
    const { input, ...rest } = plan;
    return {
      plan: withInput(rest, await kept(given.input ?? input, deps.store), given.input),
      searchAttributes: await deps.searchAttributes(),
      ...origin,
    };
  } catch (error) {
    throw toFailure(error instanceof ArtifactError ? rejected(error) : error);
  }
}

/** The plan was checked and stored with that of the pipeline around it; its input is checked against its schema here. */
async function takeNested(
  { settings, input, tenant }: Extract<IntakeRequest, { kind: 'nested' }>,
  { store, config, searchAttributes }: ActivityDeps,
): Promise<Intake<RecordedPlan>> {
  const { plan, inputSchema } = await loadNested(settings, store);
  const { value, stored } = await bothForms(input, store);
  checkInput(value, inputSchema, config, stored);
  const { name, definition } = settings;
  const own = { ...plan, ...(name !== undefined && { name }), ...(tenant !== undefined && { tenant }) };
  return {
    plan: withInput(own, await kept(input, store), input),
    searchAttributes: await searchAttributes(),
    ...(definition !== undefined && { definition }),
  };
}

/** An input in the form in which the plan has it. */
function kept(input: JsonValue, store: ArtifactStore): Promise<JsonValue> {
  return externalize(input, store, { inlineMaxBytes: INLINE_MAX_BYTES, foreign: false });
}

/** The workflow has what it was given itself: up to 64 KiB that need not go to it and into its history once more. */
function withInput(plan: DefinitionPlan, input: JsonValue, given: JsonValue | undefined): RecordedPlan {
  return input === given ? plan : { ...plan, input };
}

interface Given {
  readonly all: unknown;
  /** Its input with text and JSON in place and its keys still escaped, as secrets are filled in at the submit. */
  readonly stored?: JsonValue;
  /** As it came. */
  readonly input?: JsonValue;
}

/**
 * What a caller sent, with the parts in place that it stored before the start: a schema speaks of values, and a secret is
 * not to hide in an artifact. The plan keeps the input in the form it came in.
 */
async function inPlace(given: unknown, { store }: ActivityDeps): Promise<Given> {
  if (typeof given !== 'object' || given === null || !('input' in given)) return { all: given };
  const input = given.input as JsonValue;
  const { value, stored } = await bothForms(input, store);
  return { all: { ...given, input: value }, stored, input };
}

/** A value with all its parts in place, and the same in stored form. */
async function bothForms(given: JsonValue, store: ArtifactStore): Promise<{ value: JsonValue; stored: JsonValue }> {
  const value = await rehydrate(given, store);
  return { value, stored: value === given ? given : await rehydrate(given, store, { what: 'text' }) };
}

/** A reference of the caller's own making that is none, or a value that no store can hold. */
function rejected({ code, message }: ArtifactError): DefinitionError {
  return new DefinitionError(code === 'ValueTooLarge' ? code : 'InputRejected', [{ path: ['input'], message }]);
}
