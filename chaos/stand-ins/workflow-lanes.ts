import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { standInRecords } from '../accounting/records.js';
import type { Lane, StaffedLanes } from '../lane.js';
import { FLEET_SIZE } from '../plan/disturbances.js';
import { startFleet } from '../world/fleet.js';
import { openReceivers } from '../world/receivers.js';
import { endRun, startRun } from '../world/runs.js';
import type { World } from '../world/world.js';
import type { StandInInput } from './contract.js';
import { bundleStandIns, STAND_IN_QUEUE, startStandInWorker } from './worker.js';

const LANES = [
  {
    prefix: 'loop',
    waitBy: 'status',
    name: 'status loop',
    about:
      "A Temporal workflow with an activity that submits, one that reads the status, and a timer in between, with the SDK's default retries; cancelled, it cancels the jobs that it knows.",
  },
  {
    prefix: 'hook',
    waitBy: 'webhook',
    name: 'webhook',
    about:
      'The same workflow, which submits with a webhook whose address holds a token, and waits for that alone. Two receivers behind one address.',
  },
] as const;

/** Both hand-written workflows, on two workers that also receive the webhooks. */
export async function workflowLanes(world: World): Promise<StaffedLanes> {
  const { client, server, stateDir, log } = world;
  const bundle = join(stateDir, 'stand-ins.cjs');
  await writeFile(bundle, await bundleStandIns());
  const { hooks, add } = await openReceivers();
  world.onEnd(() => hooks.close());
  const fleet = await startFleet(FLEET_SIZE, async (slot) => {
    const worker = await startStandInWorker({ temporal: server.address, bundle }, log);
    add(slot, worker.ready as number, worker.ended);
    return worker;
  });
  world.onEnd(() => fleet.stop());
  const lanes = LANES.map(({ prefix, waitBy, name, about }): Lane => {
    const idOf = (id: string) => `${prefix}-${id}`;
    return {
      ...{ name, about, endpoints: [prefix], isProven: false },
      async start({ id, stages, exit, exitAfterMs }) {
        const run = idOf(id);
        const endpoint = `http://127.0.0.1:${world.gate.port}/v2/${prefix}`;
        const input: StandInInput = { run, endpoint, stages, waitBy, hooks: `http://127.0.0.1:${hooks.port}` };
        const timeout = exit === 'time-out' ? { timeoutMs: exitAfterMs } : {};
        await startRun(client, { type: 'standIn', workflowId: run, taskQueue: STAND_IN_QUEUE, input, ...timeout });
      },
      end: ({ id, exit }) => endRun(client, idOf(id), exit),
      async records(recorded, jobs) {
        return standInRecords(
          recorded.filter(({ rootId }) => rootId.startsWith(`${prefix}-`)),
          jobs,
        );
      },
    };
  });
  return { lanes, fleet, hooks };
}
