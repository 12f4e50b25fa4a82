import { Pool } from 'undici';
import { createJobApi, EndpointLimiter, type JobApi, type RateLimits, withLimits } from '../job-api/index.js';
import type { Bench, Report } from './bench.js';
import { startJobServer } from './job-server.js';
import { time } from './overhead.js';
import { quantile, summarise } from './statistics.js';

/** Of each way and round. */
const JOBS = 10_000;
const ROUNDS = 10;
const WARM_UP = 1;
const AT_ONCE = 50;
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
 * undici loop, with the client without limits, and with it under limits that are never reached. In turns, and ratios by
 * round, so that a machine that drifts does not matter.
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
  const perSecond = { bare: [] as number[], client: [] as number[], limited: [] as number[] };
  try {
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const way of turnsOf(round)) {
        const tookMs = await time(() => atOnce(AT_ONCE, JOBS, ways[way]));
        if (round >= 0) perSecond[way].push((JOBS / tookMs) * 1_000);
      }
      note(`round ${round} of ${ROUNDS}`);
    }
  } finally {
    await client.close();
    await pool.close();
    await server.stop();
  }

  const ratio = (way: 'client' | 'limited') =>
    perSecond[way].map((ours, n) => ours / (perSecond.bare[n] ?? Number.NaN));
  return {
    rows: [
      { name: 'bare undici loop', unit: 'jobs/s', ...summarise(perSecond.bare, 0) },
      { name: 'client, limits off', unit: 'jobs/s', ...summarise(perSecond.client, 0) },
      { name: 'client, limits never reached', unit: 'jobs/s', ...summarise(perSecond.limited, 0) },
      { name: 'client / bare loop, by round', unit: 'x', ...summarise(ratio('client'), 2) },
      { name: 'client with limits / bare loop, by round', unit: 'x', ...summarise(ratio('limited'), 2) },
    ],
    bounds: [
      { what: 'client, limits off / bare undici loop, p50', measured: quantile(ratio('client'), 0.5), atLeast: 0.8 },
    ],
  };
}

type Way = 'bare' | 'client' | 'limited';

/** Each round begins with another. */
function turnsOf(round: number): readonly Way[] {
  const ways: readonly Way[] = ['bare', 'client', 'limited'];
  const first = (round + WARM_UP) % ways.length;
  return [...ways.slice(first), ...ways.slice(0, first)];
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
