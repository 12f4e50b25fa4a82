import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type JobRelayClient } from '../client/index.js';
import type { Bench, Bound, Report } from './bench.js';
import { type PipelineStarter, startPipelineStarter } from './pipeline-starter.js';
import { noiseOfP95, p95Ratio, p95RatioInterval, quantile, seededRandom, summarise } from './statistics.js';
import { steadyStream } from './steady-stream.js';
import { startWorkerProcess, type WorkerProcess } from './worker-process.js';

/** Windows before those that count. */
const WARM_UP = 4;
/** Rounds of one window of each kind. */
const ROUNDS = 10;
const WINDOW_MS = 6_000;
/** A job, and a pipeline, is begun once in each such time. Slow enough that two cores are not full without the pipeline. */
const JOB_EVERY_MS = 250;
const PIPELINE_EVERY_MS = 750;
const ITEMS = 1_000;
/** Seeds that follow each other begin with nearly the same numbers. */
const SCATTER = 747_796_405;

/**
 * What expressions cost those who run none: the times of small jobs, begun in a steady stream, with and without a
 * pipeline beside them on the same worker that filters and maps 1,000 items again and again. A third kind of window has
 * the same pipeline over three items, as many times: what that adds is the cost of any other run on the machine, and not
 * that of expressions. It is measured twice a round, so that the report shows how far two kinds are apart that are one.
 * What counts as unchanged is not chosen but measured: how far the p95 of two kinds are apart when their windows are mixed
 * up at random.
 *
 * The worker is a process of its own, and so is what starts the pipelines: neither the endpoint nor who makes and sends the inputs
 * is on a thread that is measured, or that measures.
 */
export async function expressions({ stack, note }: Bench): Promise<Report> {
  const taskQueue = 'jobrelay-expressions';
  const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-bench-'));
  const { temporal, emulator } = stack;
  const worker = await startWorkerProcess({ temporal, emulator, stateDir, taskQueue });
  const starter = await startPipelineStarter({ temporal, taskQueue });
  const relay = await createClient({ address: temporal, namespace: 'default', taskQueue });
  try {
    return await measure(relay, starter, worker, note);
  } finally {
    await starter.stop();
    await relay.close();
    await worker.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function measure(
  relay: JobRelayClient,
  starter: PipelineStarter,
  worker: WorkerProcess,
  note: Bench['note'],
): Promise<Report> {
  const job = async () =>
    (await relay.start('job', { endpoint: 'local/echo', input: { prompt: 'a red boat' } })).result();
  // All windows of a round have the same moments.
  const jobs = (round: number) =>
    steadyStream(job, { everyMs: JOB_EVERY_MS, windowMs: WINDOW_MS, random: seededRandom(2 * round * SCATTER) });
  const pipelines: number[] = [];
  const beside = async (round: number, items: number, times?: number[]) => {
    const seed = (2 * round + 1) * SCATTER;
    const [those, these] = await Promise.all([
      jobs(round),
      starter.run({ items, everyMs: PIPELINE_EVERY_MS, windowMs: WINDOW_MS, seed }),
    ]);
    times?.push(...these);
    return those;
  };

  const windows: Readonly<Record<Kind, number[][]>> = { nothing: [], small: [], large: [], again: [] };
  const delays: Readonly<Record<Kind, number[]>> = { nothing: [], small: [], large: [], again: [] };
  const run: Readonly<Record<Kind, (round: number) => Promise<number[]>>> = {
    nothing: jobs,
    small: (round) => beside(round, 3),
    large: (round) => beside(round, ITEMS, pipelines),
    again: (round) => beside(round, 3),
  };
  // Until V8 has compiled what a large list goes through: it does so while the first twenty or thirty of them run.
  for (let window = 0; window < WARM_UP; window++) await beside(window, ITEMS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of turnsOf(round)) {
      await worker.longestDelay();
      windows[kind].push(await run[kind](round));
      delays[kind].push(await worker.longestDelay());
    }
    note(`round ${round + 1} of ${ROUNDS}`);
  }

  const { nothing, small, large, again } = windows;
  const p95 = (each: readonly number[][]) => each.map((times) => quantile(times, 0.95));
  return {
    rows: [
      { name: 'job, nothing beside it', unit: 'ms', ...summarise(nothing.flat()) },
      { name: 'job, beside pipelines of 3 items', unit: 'ms', ...summarise(small.flat()) },
      { name: 'the same again', unit: 'ms', ...summarise(again.flat()) },
      { name: 'job, beside pipelines of 1,000 items', unit: 'ms', ...summarise(large.flat()) },
      { name: 'pipeline of 1,000 items', unit: 'ms', ...summarise(pipelines) },
      { name: 'p95 of the windows with nothing', unit: 'ms', ...summarise(p95(nothing)) },
      { name: 'p95 of the windows with 3 items', unit: 'ms', ...summarise(p95([...small, ...again])) },
      { name: 'p95 of the windows with 1,000 items', unit: 'ms', ...summarise(p95(large)) },
      { name: 'longest delay of the event loop in a window, 3 items', unit: 'ms', ...summarise(delays.small) },
      { name: 'longest delay of the event loop in a window, 1,000 items', unit: 'ms', ...summarise(delays.large) },
      { name: 'p95 beside 3 items / beside 3 items again', unit: 'x', ...summarise([p95Ratio(small, again)], 2) },
      { name: 'p95 beside 3 items / with nothing beside it', unit: 'x', ...summarise([p95Ratio(small, nothing)], 2) },
    ],
    bounds: [
      ...withinNoise('p95 of a job beside 1,000 items / beside 3 items', large, small),
      ...withinNoise('p95 of a job beside 1,000 items / with nothing beside it', large, nothing),
    ],
  };
}

/** Noise above this would hide what the bound is there to find: the machine is too busy, or the windows too few. */
const NOISE_MAX = 1.5;

function withinNoise(what: string, these: readonly number[][], those: readonly number[][]): readonly Bound[] {
  const noise = noiseOfP95(these, those);
  return [
    {
      what: `${what}, against its noise`,
      measured: p95Ratio(these, those),
      atMost: noise,
      interval: p95RatioInterval(these, those),
    },
    {
      what: 'noise of that ratio: what it reaches by chance, once in a hundred times',
      measured: noise,
      atMost: NOISE_MAX,
    },
  ];
}

/** What runs beside the jobs of a window. */
type Kind = 'nothing' | 'small' | 'large' | 'again';

/** Each round begins with another, so that none gains by what it comes after. */
function turnsOf(round: number): readonly Kind[] {
  const kinds: readonly Kind[] = ['nothing', 'small', 'large', 'again'];
  const first = round % kinds.length;
  return [...kinds.slice(first), ...kinds.slice(0, first)];
}
