/** One way to follow 10,000 jobs of one endpoint to their ends, in a process of its own. */
import { fileURLToPath } from 'node:url';
import {
  createJobApi,
  DOCUMENTED_LIMITS,
  EndpointLimiter,
  HeldBack,
  isTerminal,
  type JobApi,
  type JobHandle,
  PollSchedule,
  RateLimited,
  withLimits,
} from '../job-api/index.js';
import { type Child, startChild } from './child.js';

export interface LaneOptions {
  readonly emulator: string;
  readonly endpointId: string;
  readonly jobs: number;
  /** `schedule`: as a worker reads. `equal`: one after the other in turns, at the same rate. */
  readonly way: 'schedule' | 'equal';
  readonly longPoll: boolean;
}

export interface LaneResult {
  /** From the end of a job, by the emulator's ledger, to its answer here. */
  readonly lagsMs: readonly number[];
  readonly reads: number;
  /** Requests that the emulator refused. */
  readonly refused: number;
  readonly heapBytesPerJob: number;
}

const FILE = fileURLToPath(import.meta.url);
/** An account may submit a thousand jobs in 10 s; ten of them fill the queue at once. */
const JOBS_PER_KEY = 900;

export function startLane(options: LaneOptions): Child {
  return startChild(FILE, options);
}

async function run(options: LaneOptions): Promise<LaneResult> {
  const { emulator, endpointId } = options;
  const limiter = new EndpointLimiter({ name: `local/${endpointId}`, limits: DOCUMENTED_LIMITS.runpod });
  const api = withLimits(connect(emulator, 'reader'), () => limiter);
  const seen = new Map<string, number>();
  const count = { reads: 0, refused: 0 };
  const read: Read = async (handle, waitMs) => {
    count.reads += 1;
    try {
      const job = await (waitMs === undefined
        ? api.status(endpointId, handle.jobId)
        : api.statusSync(endpointId, handle.jobId, { waitMs }));
      if (isTerminal(job.status)) seen.set(handle.jobId, Date.now());
      return job;
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      if (!(error instanceof HeldBack)) count.refused += 1;
      return undefined;
    }
  };

  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const handles = await submitAll(options);
  const following =
    options.way === 'schedule'
      ? bySchedule(options, api, limiter, handles, read)
      : equally(limiter, handles, seen, read);
  globalThis.gc?.();
  const heapBytesPerJob = (process.memoryUsage().heapUsed - heapBefore) / options.jobs;
  await following;

  const ledger = (await (await fetch(`${emulator}/_emulator/jobs?endpoint=${endpointId}`)).json()) as LedgerEntry[];
  const lagsMs = ledger.flatMap(({ id, endedAt }) => {
    const at = seen.get(id);
    return at === undefined || endedAt === null ? [] : [at - Date.parse(endedAt)];
  });
  await api.close();
  return { lagsMs, ...count, heapBytesPerJob };
}

type Read = (handle: JobHandle, waitMs?: number) => Promise<Awaited<ReturnType<JobApi['status']>> | undefined>;

async function bySchedule(
  { endpointId, longPoll }: LaneOptions,
  api: JobApi,
  limiter: EndpointLimiter,
  handles: readonly JobHandle[],
  read: Read,
): Promise<void> {
  const schedule = new PollSchedule({
    allowance: () => limiter.readAllowance(),
    readHealth: () => api.health(endpointId),
  });
  await Promise.all(
    handles.map(async (handle) => {
      const seat = schedule.join(handle);
      if (!longPoll) seat.longPollUnsupported();
      for (;;) {
        const turn = await seat.turn({ capMs: Number.POSITIVE_INFINITY });
        const job = await read(handle, turn.kind === 'long-poll' ? turn.waitMs : undefined);
        seat.told(job);
        if (job !== undefined && isTerminal(job.status)) break;
      }
      seat.leave();
    }),
  );
}

/** Every waiting job in its turn; the rate is what the schedule may use at most. */
async function equally(
  limiter: EndpointLimiter,
  handles: readonly JobHandle[],
  seen: ReadonlyMap<string, number>,
  read: Read,
): Promise<void> {
  const everyMs = 1_000 / limiter.readAllowance().perSecond;
  const underWay = new Set<Promise<unknown>>();
  let waiting = [...handles];
  let nextAt = performance.now();
  while (waiting.length > 0) {
    for (const handle of waiting) {
      nextAt += everyMs;
      const inMs = nextAt - performance.now();
      if (inMs > 0) await new Promise((resolve) => setTimeout(resolve, inMs));
      const asked: Promise<unknown> = read(handle).finally(() => underWay.delete(asked));
      underWay.add(asked);
    }
    await Promise.all(underWay);
    waiting = waiting.filter(({ jobId }) => !seen.has(jobId));
  }
}

async function submitAll({ emulator, endpointId, jobs }: LaneOptions): Promise<JobHandle[]> {
  const accounts = Array.from({ length: Math.ceil(jobs / JOBS_PER_KEY) }, (_, n) =>
    connect(emulator, `submitter-${n}`),
  );
  const handles: JobHandle[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      for (let n = next++; n < jobs; n = next++) {
        const account = accounts[Math.floor(n / JOBS_PER_KEY)];
        if (account === undefined) continue;
        const submittedAt = new Date().toISOString();
        const { jobId } = await account.run(endpointId, { input: { n } });
        handles.push({ provider: 'local', endpointId, jobId, submittedAt, ttlMs: 86_400_000 });
      }
    }),
  );
  await Promise.all(accounts.map((account) => account.close()));
  return handles;
}

function connect(emulator: string, apiKey: string): JobApi {
  return createJobApi({ provider: { name: 'local', dialect: 'runpod', baseUrl: `${emulator}/v2` }, apiKey });
}

interface LedgerEntry {
  readonly id: string;
  readonly endedAt: string | null;
}

if (process.argv[1] === FILE) {
  const result = await run(JSON.parse(process.argv[2] ?? '') as LaneOptions);
  process.send?.(result, () => process.disconnect());
}
