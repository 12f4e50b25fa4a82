import { POINTS } from '../relay/lane.js';
import { settled } from '../settled.js';
import { startFleet } from '../world/fleet.js';
import { startRelayWorker } from '../world/relay-worker.js';
import type { World } from '../world/world.js';

export interface Followed {
  readonly taskQueue: string;
  readonly runs: ReadonlySet<string>;
  /** After which what is not done is left for the accounts to show. */
  readonly forMs: number;
}

/** Starts a worker that goes on with what those left that were killed on its queue, and is ended when nothing is left to do. */
export async function follow(world: World, { taskQueue, runs, forMs }: Followed): Promise<void> {
  const { server, provider, stateDir, log } = world;
  const options = { temporal: server.address, emulator: `http://127.0.0.1:${provider.port}`, taskQueue, stateDir };
  const fleet = await startFleet(1, () => startRelayWorker(options, log));
  const over = new AbortController();
  const waiting = {
    ...{ stuckAt: Date.now() + forMs, query: `TaskQueue = '${taskQueue}'` },
    ...{ note: () => undefined, signal: over.signal },
  };
  const done = settled(world, [{ ...POINTS, runs }], waiting)
    .catch(() => undefined)
    .then(() => fleet.stop());
  world.onEnd(async () => {
    over.abort();
    await fleet.stop();
    await done;
  });
}
