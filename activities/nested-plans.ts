/** Plans of nested pipelines, as a history has them: by reference, however large and deep they are. */
import { type ArtifactStore, loadStored } from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { CompiledPipeline, DefinitionPlan, NestedPipeline, NestedSettings, StepPlan } from '../workflows/plan.js';
import { type KeptSchemas, storingSchema } from './output-schemas.js';
import { keepInternal } from './slice-work.js';

/** The same with the plans of its nested pipelines stored, the innermost first, and with the large schemas of its jobs. */
export async function storingParts<Taken extends { readonly plan: DefinitionPlan }>(
  taken: Taken,
  store: ArtifactStore,
): Promise<Taken> {
  const plan = await withStored(taken.plan, store, { plans: new Map(), schemas: new Map() });
  return { ...taken, plan };
}

/** What many steps name is one object: each is stored once. */
interface Stored {
  readonly plans: Map<DefinitionPlan, Promise<NestedPipeline>>;
  readonly schemas: KeptSchemas;
}

async function withStored<Plan extends DefinitionPlan>(plan: Plan, store: ArtifactStore, known: Stored): Promise<Plan> {
  if (plan.steps.every(({ nested, job }) => nested === undefined && job?.outputSchema === undefined)) return plan;
  const steps = await Promise.all(
    plan.steps.map(async (step): Promise<StepPlan> => {
      const { nested, job } = step;
      if (job !== undefined) return { ...step, job: await storingSchema(job, store, known.schemas) };
      return nested === undefined
        ? step
        : { ...step, nested: { ...nested, pipeline: await stored(nested.pipeline, store, known) } };
    }),
  );
  return { ...plan, steps };
}

function stored(pipeline: NestedPipeline, store: ArtifactStore, known: Stored): Promise<NestedPipeline> {
  if (pipeline.kind === 'stored') return Promise.resolve(pipeline);
  const before = known.plans.get(pipeline.plan);
  if (before !== undefined) return before;
  const now = keep(pipeline, store, known);
  known.plans.set(pipeline.plan, now);
  return now;
}

async function keep(
  { plan, inputSchema }: CompiledPipeline,
  store: ArtifactStore,
  known: Stored,
): Promise<NestedPipeline> {
  const whole: CompiledPipeline = {
    plan: await withStored(plan, store, known),
    ...(inputSchema !== undefined && { inputSchema }),
  };
  // As a text: what its author wrote may look like a reference, and be none.
  return { kind: 'stored', reference: await keepInternal(JSON.stringify(whole), store) };
}

export async function loadNested({ pipeline }: NestedSettings, store: ArtifactStore): Promise<CompiledPipeline> {
  if (pipeline.kind === 'compiled') return pipeline;
  const text: JsonValue = await loadStored(pipeline.reference, store);
  return JSON.parse(String(text)) as CompiledPipeline;
}
