/** One proof: the load through every lane, disturbed, and then the accounts. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Account, accountFor, isOver, type Totals, totalsOf } from './accounting/account.js';
import type { Evidence } from './accounting/evidence.js';
import { readRuns } from './accounting/history.js';
import { remoteJobs } from './accounting/remote-jobs.js';
import { describe, disturb } from './disturb.js';
import type { Lane } from './lane.js';
import { endOf, FLEET_SIZE, planDisturbances } from './plan/disturbances.js';
import { FAULTS } from './plan/faults.js';
import { type Form, SETTLED_WITHIN_MS } from './plan/form.js';
import { type PlannedRun, planLoad } from './plan/load.js';
import { atTheirTimes } from './plan/schedule.js';
import { relayLane } from './relay/lane.js';
import { type Fleet, startFleet } from './world/fleet.js';
import { startRelayWorker } from './world/relay-worker.js';
import { untilDone } from './world/runs.js';
import { startWorld, type World } from './world/world.js';

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
  readonly account: Account;
  readonly totals: Totals;
}

export interface ChaosReport {
  readonly seed: number;
  readonly form: Form['name'];
  readonly lanes: readonly LaneReport[];
  readonly disturbances: readonly string[];
  readonly workerKills: number;
  readonly seconds: number;
  /** What the processes said; absent where all is well. */
  readonly logFile?: string;
}

const LOOK_EVERY_MS = 3_000;

export async function runChaos({ seed, form, note, signal }: ChaosOptions): Promise<ChaosReport> {
  const began = Date.now();
  const endpoints = ['relay'];
  const world = await startWorld({ endpoints, note, signal });
  let holds = false;
  try {
    const lanes = [relayLane(world.client, 'chaos')];
    const fleets = [await relayFleet(world)];
    await world.provider.setFaults(FAULTS, seed);

    const disturbances = planDisturbances(seed, form);
    const runs = planLoad(seed, form);
    note(`${runs.length} runs begin`);
    const from = Date.now();
    await Promise.all([
      ...lanes.map((lane) => carryOut(lane, runs, signal)),
      atTheirTimes(
        disturbances,
        (disturbance) => {
          note(`${seconds(from)} s: ${describe(disturbance)}`);
          return disturb(disturbance, { fleets, server: world.server, gate: world.gate });
        },
        signal,
      ),
    ]);
    note(`${seconds(from)} s: nothing is disturbed any more`);
    const stuckAt = from + endOf(disturbances) + form.stuckAfterMs;
    const evidence = await settled(world, lanes, { stuckAt, note, signal });
    const reports = lanes.map((lane, at): LaneReport => {
      const found = evidence[at] as Evidence;
      return { name: lane.name, about: lane.about, account: accountFor(found), totals: totalsOf(found) };
    });
    holds = Object.values(reports[0]?.account ?? {}).every(({ value }) => value === 0);
    return {
      ...{ seed, form: form.name, lanes: reports, disturbances: disturbances.map(describe) },
      workerKills: fleets.reduce((sum, { counts }) => sum + counts.kills, 0),
      seconds: seconds(began),
      ...(!holds && { logFile: world.logFile }),
    };
  } finally {
    await world.end({ keepLog: !holds });
  }
}

async function relayFleet(world: World): Promise<Fleet> {
  const { server, gate, stateDir, log } = world;
  const options = {
    temporal: server.address,
    emulator: `http://127.0.0.1:${gate.port}`,
    taskQueue: 'chaos',
    stateDir,
  };
  const fleet = await startFleet(FLEET_SIZE, () => startRelayWorker(options, log));
  world.onEnd(() => fleet.stop());
  return fleet;
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

interface Waiting {
  /** Runs that are still open then are stuck, epoch milliseconds. */
  readonly stuckAt: number;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Looks until nothing more can happen, or the time is over that everything has to end. What it finds is of each lane. */
async function settled(world: World, lanes: readonly Lane[], { stuckAt, note, signal }: Waiting): Promise<Evidence[]> {
  for (;;) {
    const takenAt = Date.now();
    const evidence = await gather(world, lanes);
    const runs = evidence.flatMap(({ runs }) => runs);
    const open = runs.filter(({ end }) => end === 'open').length;
    const live = evidence.flatMap(({ jobs }) => jobs).filter(({ endedAt }) => endedAt === undefined).length;
    if (evidence.every(isOver)) return evidence;
    const lastClose = Math.max(...runs.map(({ closedAt = 0 }) => closedAt));
    const judgedAt = lastClose + SETTLED_WITHIN_MS + LOOK_EVERY_MS;
    if ((open === 0 && takenAt > judgedAt) || takenAt > Math.max(stuckAt, Math.min(judgedAt, stuckAt + 60_000))) {
      return evidence;
    }
    note(`${open} runs are open, ${live} remote jobs live`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** The ledger after the histories: a job that was accepted in between would seem unknown. */
async function gather({ client, provider }: World, lanes: readonly Lane[]): Promise<Evidence[]> {
  const ledger = await provider.ledger();
  const takenAt = Date.now();
  const recorded = await untilDone(client, () => readRuns(client));
  return await Promise.all(
    lanes.map(async (lane) => {
      const jobs = remoteJobs(ledger, lane.endpoint);
      return { jobs, runs: await lane.records(recorded, jobs), takenAt };
    }),
  );
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1_000);
}
