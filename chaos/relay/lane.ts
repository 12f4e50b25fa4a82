import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { relayRecords } from '../accounting/records.js';
import type { Judged, StaffedLanes } from '../lane.js';
import { FLEET_SIZE } from '../plan/disturbances.js';
import { POINT_ENDPOINTS, POINT_PREFIX } from '../points/points.js';
import { startFleet } from '../world/fleet.js';
import { openReceivers } from '../world/receivers.js';
import { startRelayWorker } from '../world/relay-worker.js';
import { endRun, startRun } from '../world/runs.js';
import type { World } from '../world/world.js';
import { relayStart } from './definition.js';

/** The workers with the configuration that is there without a file. */
export function plainRelay(world: World): Promise<StaffedLanes> {
  return relay(world, {
    prefix: 'relay',
    name: 'JobRelay',
    about: 'The workflows `pipeline` and `job`, on two workers with the built-in configuration.',
  });
}

/** The same with webhooks, which also tell of jobs whose submit got no answer. */
export async function relayWithWebhooks(world: World): Promise<StaffedLanes> {
  const receivers = await openReceivers();
  world.onEnd(() => receivers.hooks.close());
  const yaml = `version: 1
webhooks:
  listen: 127.0.0.1:0
  publicUrl: http://127.0.0.1:${receivers.hooks.port}
  secret: "\${HOOKS_SECRET}"
  backstop: 30s
  adopt: 30s
`;
  const staffed = await relay(world, {
    prefix: 'hooked',
    name: 'with webhooks',
    about: 'JobRelay again, on two workers that receive webhooks behind one address.',
    yaml,
    onWorker: receivers.add,
  });
  return { ...staffed, hooks: receivers.hooks };
}

interface RelayOptions {
  /** Begins the ids of its runs, and is its endpoint and its task queue. */
  readonly prefix: string;
  readonly name: string;
  readonly about: string;
  readonly yaml?: string;
  /** Told of each worker that started, and where it receives webhooks. */
  readonly onWorker?: (slot: number, port: number, ended: Promise<void>) => void;
}

async function relay(world: World, { prefix, name, about, yaml, onWorker }: RelayOptions): Promise<StaffedLanes> {
  const { client, server, gate, log } = world;
  const stateDir = join(world.stateDir, prefix);
  await mkdir(stateDir);
  if (yaml !== undefined) await writeFile(join(stateDir, 'jobrelay.yaml'), yaml);
  const taskQueue = `chaos-${prefix}`;
  const options = { temporal: server.address, emulator: `http://127.0.0.1:${gate.port}`, taskQueue, stateDir };
  const fleet = await startFleet(FLEET_SIZE, async (slot) => {
    const worker = await startRelayWorker(options, log);
    if (typeof worker.ready === 'number') onWorker?.(slot, worker.ready, worker.ended);
    return worker;
  });
  world.onEnd(() => fleet.stop());
  const lane = {
    ...judged(name, prefix, [prefix]),
    ...{ about, isProven: true },
    async start(run) {
      const { exit, exitAfterMs } = run;
      const timeout = exit === 'time-out' ? { timeoutMs: exitAfterMs } : {};
      await startRun(client, { ...relayStart(run, prefix, prefix), taskQueue, ...timeout });
    },
    end: ({ id, exit }) => endRun(client, `${prefix}-${id}`, exit),
  } satisfies StaffedLanes['lanes'][number];
  return { lanes: [lane], fleet };
}

/** The runs whose workers were killed at crash points. */
export const POINTS: Judged = judged('crash points', POINT_PREFIX, POINT_ENDPOINTS);

function judged(name: string, prefix: string, endpoints: readonly string[]): Judged {
  return {
    name,
    endpoints,
    async records(recorded, jobs) {
      const reaps = recorded.filter(({ type }) => type === 'reap');
      const own = recorded.filter(({ rootId }) => rootId.startsWith(`${prefix}-`));
      return relayRecords(own, reaps, jobs);
    },
  };
}
