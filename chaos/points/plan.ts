import { chanceFor } from '../plan/chance.js';
import type { Form } from '../plan/form.js';
import type { PlannedExit } from '../plan/load.js';
import { CRASH_POINTS, type CrashPoint } from './points.js';

/** One worker that is killed at a point. */
export interface Kill {
  readonly point: CrashPoint;
  /** In the ids of its runs; as long as any other, so that no id is the beginning of another. */
  readonly n: string;
  /** What becomes of the run when its worker is dead. */
  readonly exit: PlannedExit;
}

/** Of each point so many kills; half of the runs are ended before anybody could go on with them. Pure. */
export function planKills(seed: number, { killsPerPoint }: Pick<Form, 'killsPerPoint'>): readonly Kill[] {
  const chance = chanceFor(seed, 'points');
  const kills = CRASH_POINTS.flatMap((point) =>
    Array.from({ length: killsPerPoint }, (_, n): Kill => {
      const exit = chance.pick<PlannedExit>(['none', 'none', 'cancel', 'terminate']);
      return { point, n: String(n).padStart(3, '0'), exit };
    }),
  );
  return chance.shuffled(kills);
}

/**
 * Kills of one task queue each, to which a worker comes then that is not killed.
 *
 * Those whose runs are terminated come last in their batch. A minute later nothing of theirs may run, which somebody has to
 * see to who lives for longer than a few seconds.
 */
export function inBatches(kills: readonly Kill[], size: number): readonly (readonly Kill[])[] {
  const isTerminated = ({ exit }: Kill) => Number(exit === 'terminate');
  return Array.from({ length: Math.ceil(kills.length / size) }, (_, at) =>
    kills.slice(at * size, (at + 1) * size).sort((a, b) => isTerminated(a) - isTerminated(b)),
  );
}
