/** Kills workers at every crash point, so often each, and then lets one follow what they left. */
import type { Form } from '../plan/form.js';
import type { World } from '../world/world.js';
import { follow } from './follow.js';
import { killAtPoint } from './kill.js';
import { inBatches, planKills } from './plan.js';
import { openTrap } from './trap.js';

/** Workers that are driven to their points side by side, each with queues of its own. */
const SIDE_BY_SIDE = 3;
/** So many on one queue, before a worker comes there that goes on with what they left. */
const BATCH = 5;

export interface DriveOptions {
  readonly seed: number;
  readonly form: Form;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Returns the runs whose workers were killed at their points, when every kill was made. The workers that follow the last ones
 * end by themselves, or with the world.
 */
export async function driveToPoints(
  world: World,
  { seed, form, note, signal }: DriveOptions,
): Promise<ReadonlySet<string>> {
  const kills = planKills(seed, form);
  const batches = inBatches(kills, Math.min(BATCH, Math.ceil(kills.length / SIDE_BY_SIDE))).entries();
  const killed = new Set<string>();
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      const trap = await openTrap({ temporal: world.server.port, provider: world.provider.port });
      world.onEnd(() => trap.close());
      for (const [at, batch] of batches) {
        const taskQueue = `chaos-points-${at}`;
        const runs = new Set<string>();
        const toKill = { trap, taskQueue, longMs: form.longMs, began: (run: string) => void runs.add(run), signal };
        for (const kill of batch) {
          killed.add(await killAtPoint(world, { ...toKill, kill }));
          if (killed.size % 20 === 0) note(`${killed.size} of ${kills.length} workers killed at their points`);
        }
        await follow(world, { taskQueue, runs, forMs: form.stuckAfterMs });
      }
    }),
  );
  return killed;
}
