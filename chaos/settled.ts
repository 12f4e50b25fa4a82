/** Takes the evidence when there is nothing more to come. */
import { setTimeout as delay } from 'node:timers/promises';
import { WORKFLOW_TYPES } from '../workflows/contract.js';
import { isClean } from './accounting/account.js';
import type { Evidence } from './accounting/evidence.js';
import { Histories } from './accounting/history.js';
import { remoteJobs } from './accounting/remote-jobs.js';
import type { Judged } from './lane.js';
import { SETTLED_WITHIN_MS } from './plan/form.js';
import type { World } from './world/world.js';

const LOOK_EVERY_MS = 3_000;

export interface Waiting {
  /** Runs that are still open then are stuck, epoch milliseconds. */
  readonly stuckAt: number;
  /** The runs among which those are that are judged, as visibility is asked for them; absent: all. */
  readonly query?: string;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks until all is clean, or until the time is over in which everything has to end: a minute after the last run has closed. What it
 * finds is of each that is judged.
 */
export async function settled(
  world: Pick<World, 'client' | 'provider'>,
  judged: readonly Judged[],
  { stuckAt, query, note, signal }: Waiting,
): Promise<Evidence[]> {
  const histories = new Histories(world.client, query);
  let told = '';
  const tell = (line: string) => {
    if (line !== told) note(line);
    told = line;
  };
  for (;;) {
    const open = await openRuns(histories);
    const takenAt = Date.now();
    if (open > 0 && takenAt <= stuckAt) {
      tell(`${open} runs are open`);
      await delay(LOOK_EVERY_MS, undefined, { signal });
      continue;
    }
    const evidence = await gather(world.provider, histories, judged);
    // Visibility tells of a run a moment after it began.
    const areThere = judged.every(({ runs }, at) => (evidence[at]?.runs.length ?? 0) >= (runs?.size ?? 0));
    if (areThere && evidence.every(isClean)) return evidence;
    const runs = evidence.flatMap(({ runs }) => runs);
    const lastClose = Math.max(...runs.map(({ closedAt = 0 }) => closedAt));
    const judgedAt = lastClose + SETTLED_WITHIN_MS + LOOK_EVERY_MS;
    if (takenAt > judgedAt && (runs.every(({ end }) => end !== 'open') || takenAt > stuckAt)) return evidence;
    tell(judged.flatMap(({ name }, at) => whatIsLeft(name, evidence[at] as Evidence)).join('; '));
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Nothing can be judged while there are any: theirs need not be read. The runs of `reap` come and go. */
async function openRuns(histories: Histories): Promise<number> {
  return (await histories.readClosed()).filter((type) => type !== WORKFLOW_TYPES.reap).length;
}

/** Of a column that is not done, for who watches. */
function whatIsLeft(name: string, evidence: Evidence): string[] {
  if (isClean(evidence)) return [];
  const open = evidence.runs.filter(({ end }) => end === 'open').length;
  const live = evidence.jobs.filter(({ endedAt }) => endedAt === undefined).length;
  return [`${name}: ${open} runs open, ${live} jobs queued or running`];
}

/** The ledger before the histories: a job that is accepted in between is not asked for in vain. */
async function gather(provider: World['provider'], histories: Histories, judged: readonly Judged[]) {
  const ledger = await provider.ledger();
  const takenAt = Date.now();
  const recorded = await histories.read();
  return await Promise.all(
    judged.map(async ({ endpoints, runs, records }): Promise<Evidence> => {
      const jobs = remoteJobs(ledger, endpoints).filter(({ run }) => runs?.has(run) ?? true);
      return { jobs, runs: await records(recorded, jobs), takenAt };
    }),
  );
}
