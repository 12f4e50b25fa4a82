import { Pool } from 'undici';
import { createJobApi, EndpointLimiter, type JobApi, type RateLimits, withLimits } from '../job-api/index.js';
import type { Bench, Report } from './bench.js';
import { startJobServer } from './job-server.js';
import { quantile, summarise } from './statistics.js';

/** Of each way and round. */
const JOBS = 10_000;
const ROUNDS = 10;
const WARM_UP = 1;
const AT_ONCE = 50;
/**
 * Jobs between two changes of the way. Few: whatever else the machine does meanwhile then falls on all of them, and no
 * connection stays idle for so long that it is closed, and has to be made again at one way's cost.
 */
const TURN = 500;
const INPUT = { prompt: 'a red boat' };

/** No limit is reached, and all are kept: what the limiter costs. */
const RAISED: RateLimits = {
  scope: 'endpoint',
  budgets: {
    submit: { operations: ['run'], windows: [{ requests: 10_000_000, windowMs: 10_000 }], atOnce: 1_000 },
    read: { operations: ['status'], windows: [{ requests: 10_000_000, windowMs: 10_000 }], atOnce: 1_000 },
  },
};

/**
 * Submit and status of jobs that have completed at once, 50 at a time, against a server in a process of its own: with a bare
 * undici loop, with the client without limits, and with it under limits that are never reached. In short turns, and ratios
 * by round, so that a machine that drifts does not matter. CPU time is that of the process, which leaves out the server.
 */
export async function jobApi({ note }: Bench): Promise<Report> {
  const server = await startJobServer();
  const pool = new Pool(server.origin, { connections: AT_ONCE, pipelining: 1 });
  const client = createJobApi({
    provider: { name: 'bench', dialect: 'runpod', baseUrl: `${server.origin}/v2` },
    apiKey: 'bench',
  });
  const limiter = new EndpointLimiter({ name: 'bench/instant', limits: RAISED });
  const limited = withLimits(client, () => limiter);

  const ways = {
    bare: () => bareJob(pool),
    client: () => clientJob(client),
    limited: () => clientJob(limited),
  };
  const spent = { bare: [] as Spent[], client: [] as Spent[], limited: [] as Spent[] };
  try {
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const inRound = { bare: NOTHING, client: NOTHING, limited: NOTHING };
      for (let turn = 0; turn < JOBS / TURN; turn++) {
        for (const way of inTurn(turn)) {
          inRound[way] = plus(inRound[way], await spentOn(() => atOnce(AT_ONCE, TURN, ways[way])));
        }
      }
      if (round >= 0) for (const way of WAYS) spent[way].push(inRound[way]);
      note(`round ${round} of ${ROUNDS}`);
    }
  } finally {
    await client.close();
    await pool.close();
    await server.stop();
  }

  const perSecond = (way: Way) => spent[way].map(({ wallMs }) => (JOBS / wallMs) * 1_000);
  const cpuPerJob = (way: Way) => spent[way].map(({ cpuMs }) => (cpuMs / JOBS) * 1_000);
  const ratio = (way: Way, of: keyof Spent) =>
    spent[way].map((ours, round) => (spent.bare[round]?.[of] ?? Number.NaN) / ours[of]);
  return {
    rows: [
      { name: 'bare undici loop', unit: 'jobs/s', ...summarise(perSecond('bare'), 0) },
      { name: 'client, limits off', unit: 'jobs/s', ...summarise(perSecond('client'), 0) },
      { name: 'client, limits never reached', unit: 'jobs/s', ...summarise(perSecond('limited'), 0) },
      { name: 'client / bare loop, by round', unit: 'x', ...summarise(ratio('client', 'wallMs'), 2) },
      { name: 'client with limits / bare loop, by round', unit: 'x', ...summarise(ratio('limited', 'wallMs'), 2) },
      { name: 'CPU of a job, bare loop', unit: 'µs', ...summarise(cpuPerJob('bare'), 0) },
      { name: 'CPU of a job, client', unit: 'µs', ...summarise(cpuPerJob('client'), 0) },
      { name: 'CPU of a job, client with limits', unit: 'µs', ...summarise(cpuPerJob('limited'), 0) },
      { name: 'CPU, bare loop / client, by round', unit: 'x', ...summarise(ratio('client', 'cpuMs'), 2) },
    ],
    bounds: [
      {
        what: 'client, limits off / bare undici loop, p50',
        measured: quantile(ratio('client', 'wallMs'), 0.5),
        atLeast: 0.8,
      },
    ],
  };
}

const WAYS = ['bare', 'client', 'limited'] as const;
type Way = (typeof WAYS)[number];

/** Each turn begins with another. */
function inTurn(turn: number): readonly Way[] {
  const first = turn % WAYS.length;
  return [...WAYS.slice(first), ...WAYS.slice(0, first)];
}

interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const NOTHING: Spent = { wallMs: 0, cpuMs: 0 };

function plus(a: Spent, b: Spent): Spent {
  return { wallMs: a.wallMs + b.wallMs, cpuMs: a.cpuMs + b.cpuMs };
}

async function spentOn(body: () => Promise<unknown>): Promise<Spent> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await body();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

async function bareJob(pool: Pool): Promise<void> {
  const headers = {
    accept: 'application/json',
    'user-agent': 'jobrelay',
    authorization: 'Bearer bench',
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ input: INPUT });
  const submitted = await pool.request({ method: 'POST', path: '/v2/instant/run', headers, body });
  const { id } = (await submitted.body.json()) as { id: string };
  const read = await pool.request({ method: 'GET', path: `/v2/instant/status/${id}`, headers });
  const { status } = (await read.body.json()) as { status: string };
  if (status !== 'COMPLETED') throw new Error(`the job is ${status}`);
}

async function clientJob(api: JobApi): Promise<void> {
  const { jobId } = await api.run('instant', { input: INPUT });
  const { status } = await api.status('instant', jobId);
  if (status !== 'COMPLETED') throw new Error(`the job is ${status}`);
}

async function atOnce(width: number, count: number, body: () => Promise<void>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) await body();
    }),
  );
}
