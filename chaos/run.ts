/** One proof: the load through every lane, disturbed, and then the accounts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../emulator/index.js';
import { type Account, accountFor, type Totals, totalsOf } from './accounting/account.js';
import type { Evidence } from './accounting/evidence.js';
import { describe, disturb } from './disturb.js';
import type { Lane, StaffedLanes } from './lane.js';
import { endOf, planDisturbances } from './plan/disturbances.js';
import { FAULTS } from './plan/faults.js';
import type { Form } from './plan/form.js';
import { type PlannedRun, planLoad } from './plan/load.js';
import { atTheirTimes } from './plan/schedule.js';
import { accountForPoints, type PointReport } from './points/account.js';
import { driveToPoints } from './points/drive.js';
import { LATE_ENDPOINT, LATE_MS, POINT_ENDPOINTS } from './points/points.js';
import { POINTS, plainRelay, relayWithWebhooks } from './relay/lane.js';
import { holds } from './report.js';
import { settled } from './settled.js';
import { scriptLane } from './stand-ins/script-lane.js';
import { workflowLanes } from './stand-ins/workflow-lanes.js';
import { startWorld } from './world/world.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly form: Form;
  /** Told how far it is, a line at a time. */
  readonly note: (line: string) => void;
  /** Gives up; all processes are ended. */
  readonly signal: AbortSignal;
}

export interface LaneReport {
  readonly name: string;
  readonly about: string;
  /** Whether its numbers have to be 0. */
  readonly isProven: boolean;
  readonly account: Account;
  readonly totals: Totals;
}

export interface ChaosReport {
  readonly seed: number;
  readonly form: Pick<Form, 'name' | 'jobs' | 'killsPerPoint'>;
  readonly lanes: readonly LaneReport[];
  readonly points: readonly PointReport[];
  readonly disturbances: readonly string[];
  readonly workerKills: number;
  readonly seconds: number;
  /** What the processes said; absent where all is well. */
  readonly logFile?: string;
}

/** The columns beside the first. */
const OTHERS = [relayWithWebhooks, scriptLane, workflowLanes] as const;

export async function runChaos({ seed, form, signal, ...options }: ChaosOptions): Promise<ChaosReport> {
  const began = Date.now();
  const note = (line: string) => options.note(`${seconds(began)} s: ${line}`);
  const endpoints = ['relay', 'hooked', 'sync', 'loop', 'hook', ...POINT_ENDPOINTS];
  const world = await startWorld({ endpoints, note, signal });
  let isKept = true;
  try {
    const late: Fault = { kind: 'delay', endpoint: LATE_ENDPOINT, operation: 'run', delayMs: LATE_MS };
    await world.provider.setFaults([late], seed);
    note('all is up; workers are killed at the crash points');
    const killed = await driveToPoints(world, { seed, form, note, signal });

    const staffed: StaffedLanes[] = [];
    for (const staff of [plainRelay, ...(form.withOthers ? OTHERS : [])]) staffed.push(await staff(world));
    const lanes = staffed.flatMap((each) => each.lanes);
    const fleets = staffed.map(({ fleet }) => fleet);
    const gates = [world.gate, ...staffed.flatMap(({ hooks }) => hooks ?? [])];
    await world.provider.setFaults([late, ...FAULTS], seed);

    const disturbances = planDisturbances(seed, form);
    const runs = planLoad(seed, form);
    note(`${runs.length} runs begin`);
    const from = Date.now();
    await Promise.all([
      ...lanes.map((lane) => carryOut(lane, runs, signal)),
      atTheirTimes(
        disturbances,
        (disturbance) => {
          note(describe(disturbance));
          return disturb(disturbance, { fleets, server: world.server, gates });
        },
        signal,
      ),
    ]);
    const stuckAt = from + endOf(disturbances) + form.stuckAfterMs;
    note(`nothing is disturbed any more; what is open in ${Math.round((stuckAt - Date.now()) / 1_000)} s is stuck`);
    const evidence = await settled(world, [...lanes, POINTS], { stuckAt, note, signal });
    const alone = new Set(runs.filter(({ exit }) => exit === 'none').map(({ id }) => id));
    const isLeftAlone = (run: string) => alone.has(run.slice(run.indexOf('-') + 1));
    const reports = lanes.map((lane, at): LaneReport => {
      const found = evidence[at] as Evidence;
      const { name, about, isProven } = lane;
      return { name, about, isProven, account: accountFor(found), totals: totalsOf(found, isLeftAlone) };
    });
    const points = accountForPoints(evidence.at(-1) as Evidence, killed);
    const { name, jobs, killsPerPoint } = form;
    const report: ChaosReport = {
      ...{
        seed,
        form: { name, jobs, killsPerPoint },
        lanes: reports,
        points,
        disturbances: disturbances.map(describe),
      },
      workerKills: fleets.reduce((sum, { counts }) => sum + counts.kills, 0),
      seconds: seconds(began),
    };
    isKept = !holds(report);
    return isKept ? { ...report, logFile: world.logFile } : report;
  } finally {
    await world.end({ keepLog: isKept && !signal.aborted });
  }
}

async function carryOut(lane: Lane, runs: readonly PlannedRun[], signal: AbortSignal): Promise<void> {
  const starts = runs.map((run) => ({ ...run, atMs: run.startAtMs }));
  await atTheirTimes(
    starts,
    async (run) => {
      await lane.start(run);
      if (run.exit !== 'cancel' && run.exit !== 'terminate') return;
      await delay(run.exitAfterMs, undefined, { signal });
      await lane.end(run);
    },
    signal,
  );
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1_000);
}
