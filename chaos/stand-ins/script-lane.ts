import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lane, StaffedLanes } from '../lane.js';
import { FLEET_SIZE } from '../plan/disturbances.js';
import { startFleet } from '../world/fleet.js';
import type { World } from '../world/world.js';
import { type ScriptMessage, startScript } from './script.js';
import { type ScriptLine, scriptRecord } from './script-record.js';

const PREFIX = 'sync';

/** The script in two copies, each with its share of the runs. */
export async function scriptLane(world: World): Promise<StaffedLanes> {
  const endpoint = `http://127.0.0.1:${world.gate.port}/v2/${PREFIX}`;
  const fileOf = (slot: number) => join(world.stateDir, `script-${slot}.jsonl`);
  const fleet = await startFleet(FLEET_SIZE, (slot) => startScript({ endpoint, file: fileOf(slot), slot }, world.log));
  world.onEnd(() => fleet.stop());
  const slots = new Map<string, number>();
  const tell = (message: ScriptMessage) => fleet.tell(message);
  const end = (run: string, exit: 'cancel' | 'terminate' | 'time-out') =>
    tell({ kind: 'end', slot: slots.get(run) ?? 0, run, exit });

  const lane: Lane = {
    name: 'runSync',
    about:
      'A script that loops over `runSync`, tries again with growing pauses, keeps its results in a file and goes on from there when it is started again. Two copies.',
    endpoints: [PREFIX],
    isProven: false,
    async start({ id, stages, exit, exitAfterMs }) {
      const run = `${PREFIX}-${id}`;
      slots.set(run, slots.size % FLEET_SIZE);
      tell({ kind: 'start', slot: slots.get(run) ?? 0, run: { run, stages } });
      if (exit !== 'time-out') return;
      await delay(exitAfterMs);
      end(run, exit);
    },
    async end({ id, exit }) {
      if (exit === 'cancel' || exit === 'terminate') end(`${PREFIX}-${id}`, exit);
    },
    async records(_recorded, jobs) {
      const lines = Array.from({ length: FLEET_SIZE }, (_, slot) => linesOf(fileOf(slot))).flat();
      return [...slots.keys()].map((run) => scriptRecord(run, lines, jobs));
    },
  };
  return { lanes: [lane], fleet };
}

function linesOf(file: string): readonly ScriptLine[] {
  if (!existsSync(file)) return [];
  const texts = readFileSync(file, 'utf8').split('\n');
  // The last is empty, or was being written when the script was killed.
  return texts.slice(0, -1).map((text) => JSON.parse(text) as ScriptLine);
}
