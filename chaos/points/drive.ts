/** Kills workers at every crash point, so often each, and then lets one follow what they left. */
import type { Client } from '@temporalio/client';
import type { Form } from '../plan/form.js';
import { relayStart } from '../relay/definition.js';
import { startRelayWorker } from '../world/relay-worker.js';
import { endRun, startRun, untilDone } from '../world/runs.js';
import type { World } from '../world/world.js';
import { follow } from './follow.js';
import { killNow, openTrap, type Trap } from './kill-at.js';
import { inBatches, type Kill, planKills } from './plan.js';
import { type AtTemporal, endpointOf, POINT_PREFIX } from './points.js';

/** Workers that are driven to their points side by side, each with queues of its own. */
const SIDE_BY_SIDE = 3;
/** So many on one queue, before a worker comes there that goes on with what they left. */
const BATCH = 5;

/** Resolves when every kill was made. The workers that follow the last ones end by themselves, or with the world. */
export async function driveToPoints(
  world: World,
  { seed, form, note, signal }: { seed: number; form: Form; note: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  const kills = planKills(seed, form);
  const batches = inBatches(kills, Math.min(BATCH, Math.ceil(kills.length / SIDE_BY_SIDE))).entries();
  let made = 0;
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      const trap = await openTrap({ temporal: world.server.port, provider: world.provider.port });
      world.onEnd(() => trap.close());
      for (const [at, batch] of batches) {
        const taskQueue = `chaos-points-${at}`;
        const runs: string[] = [];
        for (const kill of batch) {
          signal.throwIfAborted();
          runs.push(await killOnce(world, { trap, taskQueue, kill, longMs: form.longMs, signal }));
          made += 1;
          if (made % 20 === 0) note(`${made} of ${kills.length} workers killed at their points`);
        }
        await follow(world, { taskQueue, runs: new Set(runs), forMs: form.stuckAfterMs });
      }
    }),
  );
}

function startWorkerAt({ stateDir, log }: World, { temporalPort, providerPort }: Trap, taskQueue: string) {
  const [temporal, emulator] = [`127.0.0.1:${temporalPort}`, `http://127.0.0.1:${providerPort}`];
  return startRelayWorker({ temporal, emulator, taskQueue, stateDir }, log);
}

interface KillOnce {
  readonly trap: Trap;
  readonly taskQueue: string;
  readonly kill: Kill;
  readonly longMs: number;
  readonly signal: AbortSignal;
}

/** Returns the run whose worker was killed. */
async function killOnce(world: World, { trap, taskQueue, kill, longMs, signal }: KillOnce): Promise<string> {
  const { point, n, exit } = kill;
  const { client } = world;
  const worker = await startWorkerAt(world, trap, taskQueue);
  try {
    // Of a run that is ended, a job that is left behind would be seen.
    const unit = { unit: 'only', ms: exit === 'none' ? 300 : longMs, fails: false };
    const planned = { id: `${point.name}-${n}`, shape: 'job', stages: [[unit]] } as const;
    const start = relayStart(planned, POINT_PREFIX, endpointOf(point));
    const held = trap.set(point, start.workflowId, signal);
    held.catch(() => undefined);
    await startRun(client, { ...start, taskQueue });
    await held;
    if (point.at.place === 'temporal' && point.at.held === 'from') {
      await untilRecorded(client, start.workflowId, point.at.message);
    }
    await killNow(worker);
    trap.open();
    await endRun(client, start.workflowId, exit);
    return start.workflowId;
  } finally {
    worker.signal('SIGKILL');
    await worker.ended;
    trap.open();
  }
}

/** Until the server has on record what the worker was not told that it has. */
async function untilRecorded(client: Client, workflowId: string, message: AtTemporal['message']): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await untilDone(client, async () => {
    const { raw } = await handle.describe();
    const submit = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'submitJob');
    const details = Buffer.from(submit?.heartbeatDetails?.payloads?.[0]?.data ?? []).toString();
    const isRecorded = message === 'result' ? submit === undefined : details.includes(`"phase":"${message}"`);
    if (!isRecorded) throw new Error('not yet');
  });
}
