/** What is run: pipelines and jobs, how long each job takes, and how each run is to end. Pure: the same for the same seed. */
import { type Chance, chanceFor } from './chance.js';
import type { Form } from './form.js';

/** One piece of work: at least one remote job, more where one is lost and asked for again. */
export interface Unit {
  /** Unique in its run. */
  readonly unit: string;
  /** Its handler takes so long. */
  readonly ms: number;
  /** Its handler raises. */
  readonly fails: boolean;
}

/**
 * How a run is to end. `fail`: a unit of its last stage raises while others run. `time-out`: Temporal ends it, as it does
 * where `terminate` is called.
 */
export type PlannedExit = 'none' | 'fail' | 'cancel' | 'terminate' | 'time-out';

export type Shape = 'job' | 'chain' | 'tree' | 'nested' | 'fan';

export interface PlannedRun {
  /** Begins the id of its workflow. */
  readonly id: string;
  readonly shape: Shape;
  /** Each begins when the one before it has ended; its units run side by side. */
  readonly stages: readonly (readonly Unit[])[];
  /** From the beginning of the load. */
  readonly startAtMs: number;
  readonly exit: PlannedExit;
  /** From its start; of no meaning where nobody ends it from outside. */
  readonly exitAfterMs: number;
}

/** Units of each stage, and the share of all jobs that runs of the shape have. */
const SHAPES: Readonly<Record<Shape, { readonly share: number; readonly stages: (form: Form) => readonly number[] }>> =
  {
    fan: { share: 0.4, stages: ({ fanItems }) => [fanItems] },
    tree: { share: 0.28, stages: () => [8, 4, 1] },
    chain: { share: 0.16, stages: () => [1, 1, 1, 1, 1] },
    nested: { share: 0.1, stages: () => [6, 2] },
    job: { share: 0.06, stages: () => [1] },
  };

/** Of twenty runs of a shape; the first of each shape are the ones that matter, so that few runs have them too. */
const EXITS: readonly PlannedExit[] = [
  ...(['terminate', 'none', 'cancel', 'none', 'time-out', 'none', 'fail', 'none', 'terminate', 'none'] as const),
  ...(['cancel', 'none', 'none', 'terminate', 'none', 'cancel', 'none', 'none', 'none', 'none'] as const),
];

/** Of the jobs of a run that is ended early, some are never begun: about so many of all. */
const NOT_BEGUN = 0.4;

/** The load of one lane: about as many jobs as the form asks for will be accepted. */
export function planLoad(seed: number, form: Form): readonly PlannedRun[] {
  const chance = chanceFor(seed, 'load');
  const runs: Omit<PlannedRun, 'startAtMs'>[] = [];
  for (const [shape, { share, stages }] of Object.entries(SHAPES) as [Shape, (typeof SHAPES)[Shape]][]) {
    const sizes = stages(form);
    const jobs = sizes.reduce((sum, size) => sum + size, 0);
    const count = Math.max(1, Math.round((form.jobs * share) / jobs / (1 - NOT_BEGUN)));
    for (let n = 0; n < count; n++) {
      // Large runs are few: they end in turns, while small ones are dealt from the whole deck.
      const exit = (shape === 'job' && n % 2 === 0 ? 'none' : EXITS[n % EXITS.length]) ?? 'none';
      const kept = shape === 'job' && exit === 'fail' ? 'cancel' : exit;
      runs.push({
        ...{ id: `${shape}-${n}`, shape, exit: kept, exitAfterMs: chance.between(2_500, form.exitWithinMs) },
        stages: sizes.map((size, stage) => unitsOf(stage, size, sizes.length, kept, form, chance)),
      });
    }
  }
  const order = chance.shuffled(runs);
  return order.map((run, at) => ({ ...run, startAtMs: Math.round((form.startsMs * at) / order.length) }));
}

function unitsOf(
  stage: number,
  size: number,
  stages: number,
  exit: PlannedExit,
  { longMs }: Form,
  chance: Chance,
): readonly Unit[] {
  const isLast = stage === stages - 1;
  return Array.from({ length: size }, (_, n) => {
    // Of a run that is ended early, some jobs would go on for long: those that must not be left behind. One that fails at its
    // end has to come there.
    const mayBeLong = exit === 'fail' ? isLast : exit !== 'none';
    const isLong = mayBeLong && chance.happens(stage === 0 ? 0.4 : 0.8);
    const fails = exit === 'fail' && isLast && n === size - 1;
    const ms = fails ? chance.between(500, 2_000) : isLong ? longMs : shortMs(chance);
    return { unit: `s${stage}.${n}`, ms, fails };
  });
}

function shortMs(chance: Chance): number {
  return chance.happens(0.15) ? chance.between(2_000, 8_000) : chance.between(50, 1_500);
}
