/** Kills one worker when its submit is at a point. */
import { relayStart } from '../relay/definition.js';
import type { Child } from '../world/child.js';
import { startRelayWorker } from '../world/relay-worker.js';
import { endRun, startRun } from '../world/runs.js';
import type { World } from '../world/world.js';
import { makeQuick } from './make-quick.js';
import { assertOnRecord, untilOnRecord } from './on-record.js';
import type { Kill } from './plan.js';
import { endpointOf, POINT_PREFIX } from './points.js';
import type { Trap } from './trap.js';

export interface ToKill {
  readonly trap: Trap;
  readonly taskQueue: string;
  readonly kill: Kill;
  /** Run time of a job that nobody will want any more. */
  readonly longMs: number;
  /** Told of each run that is begun, also of those whose worker was not killed at the point. */
  readonly began: (run: string) => void;
  readonly signal: AbortSignal;
}

/** A submit may go by a point that it is at for a moment only, on a machine that has more to do. */
const TRIES = 5;

/**
 * Returns the run whose worker was killed there.
 *
 * @throws Error where no submit came by the point in five tries, or where the server had something else on record than it has
 * to have there.
 */
export async function killAtPoint(world: World, toKill: ToKill): Promise<string> {
  for (let n = 1; n <= TRIES; n++) {
    const run = await tryOnce(world, toKill, n);
    if (run !== undefined) return run;
  }
  throw new Error(`${TRIES} submits in a row ended without being at the point "${toKill.kill.point.about}"`);
}

/** Undefined where the submit went by: its run ends as planned all the same. */
async function tryOnce(world: World, toKill: ToKill, n: number): Promise<string | undefined> {
  const { trap, taskQueue, kill, longMs, began, signal } = toKill;
  const { point, exit } = kill;
  const { client } = world;
  signal.throwIfAborted();
  const worker = await startWorkerAt(world, trap, taskQueue);
  try {
    const endpoint = endpointOf(point);
    if (point.endpoint === 'quick') {
      await makeQuick(client, { id: `${point.name}-quick-${kill.n}-${n}`, endpoint, taskQueue, began, signal });
    }
    // Of a run that is ended, a job that is left behind would be seen.
    const unit = { unit: 'only', ms: exit === 'none' ? 300 : longMs, fails: false };
    const planned = { id: `${point.name}-${kill.n}-${n}`, shape: 'job', stages: [[unit]] } as const;
    const start = relayStart(planned, POINT_PREFIX, endpoint);
    const caught = trap.set(point, start.workflowId, signal);
    caught.catch(() => undefined);
    began(start.workflowId);
    await startRun(client, { ...start, taskQueue });
    const isHeld = (await caught) === 'held';
    // It has to arrive before what is connected breaks.
    if (isHeld && point.at.held === 'from') await untilOnRecord(client, start.workflowId, point);
    await killNow(worker);
    if (isHeld) await assertOnRecord(client, start.workflowId, point);
    trap.open();
    await endRun(client, start.workflowId, exit);
    return isHeld ? start.workflowId : undefined;
  } finally {
    worker.signal('SIGKILL');
    await worker.ended;
    trap.open();
  }
}

function startWorkerAt({ stateDir, log }: World, { temporalPort, providerPort }: Trap, taskQueue: string) {
  const [temporal, emulator] = [`127.0.0.1:${temporalPort}`, `http://127.0.0.1:${providerPort}`];
  return startRelayWorker({ temporal, emulator, taskQueue, stateDir }, log);
}

/** Lets the bytes that were passed on leave this process, then kills. */
async function killNow(worker: Child): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  worker.signal('SIGKILL');
  await worker.ended;
}
