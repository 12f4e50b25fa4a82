import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../job-api/json.js';
import type { Bench, Bound, Report } from './bench.js';
import { noiseOfP95, p95Ratio, quantile, summarise } from './statistics.js';

/** Rounds of one window of each kind. */
const ROUNDS = 8;
const WINDOW_MS = 6_000;
/**
 * A job, and a pipeline, is begun each so often, whether those before it have ended or not: a slow moment is felt by all
 * that meet it. Slow enough that two cores are not full without the pipeline.
 */
const JOB_EVERY_MS = 250;
const PIPELINE_EVERY_MS = 750;
const ITEMS = 1_000;

/**
 * What expressions cost those who run none: the times of small jobs, begun in a steady stream, with and without a
 * pipeline beside them on the same worker that filters and maps 1,000 items again and again. A third kind of window has
 * the same pipeline over three items: what that adds is the cost of any other run on the machine, and not that of
 * expressions. What counts as unchanged is not chosen but measured: how far the p95 of two kinds are apart when their windows
 * are mixed up at random.
 */
export async function expressions({ relay, note }: Bench): Promise<Report> {
  const filterAndMap = async (count: number) => {
    const input = { items: Array.from({ length: count }, (_, n) => ({ n, name: `item ${n}`, ready: n % 3 !== 0 })) };
    const { output } = await (await relay.start('pipeline', { definition: DEFINITION, input })).result();
    const expected = input.items.filter(({ ready }) => ready).length;
    if (output !== expected) throw new Error(`expected ${expected}, got ${JSON.stringify(output)}`);
  };
  const job = async () =>
    (await relay.start('job', { endpoint: 'local/echo', input: { prompt: 'a red boat' } })).result();
  const jobs = () => stream(job, JOB_EVERY_MS);
  const pipelines: number[] = [];
  const beside = async (count: number, times?: number[]) => {
    const [those, these] = await Promise.all([jobs(), stream(() => filterAndMap(count), PIPELINE_EVERY_MS)]);
    times?.push(...these);
    return those;
  };

  const windows: Readonly<Record<Kind, number[][]>> = { nothing: [], small: [], large: [] };
  const run: Readonly<Record<Kind, () => Promise<number[]>>> = {
    nothing: jobs,
    small: () => beside(3),
    large: () => beside(ITEMS, pipelines),
  };
  await beside(ITEMS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of turnsOf(round)) windows[kind].push(await run[kind]());
    note(`round ${round + 1} of ${ROUNDS}`);
  }

  const { nothing, small, large } = windows;
  const p95 = (each: readonly number[][]) => each.map((times) => quantile(times, 0.95));
  return {
    rows: [
      { name: 'job, nothing beside it', unit: 'ms', ...summarise(nothing.flat()) },
      { name: 'job, beside pipelines of 3 items', unit: 'ms', ...summarise(small.flat()) },
      { name: 'job, beside pipelines of 1,000 items', unit: 'ms', ...summarise(large.flat()) },
      { name: 'pipeline of 1,000 items', unit: 'ms', ...summarise(pipelines) },
      { name: 'p95 of the windows with nothing', unit: 'ms', ...summarise(p95(nothing)) },
      { name: 'p95 of the windows with 3 items', unit: 'ms', ...summarise(p95(small)) },
      { name: 'p95 of the windows with 1,000 items', unit: 'ms', ...summarise(p95(large)) },
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
    { what: `${what}, against its noise`, measured: p95Ratio(these, those), atMost: noise },
    {
      what: 'noise of that ratio: what it reaches by chance, once in a hundred times',
      measured: noise,
      atMost: NOISE_MAX,
    },
  ];
}

/** What runs beside the jobs of a window. */
type Kind = 'nothing' | 'small' | 'large';

/** Each round begins with another, so that none gains by what it comes after. */
function turnsOf(round: number): readonly Kind[] {
  const kinds: readonly Kind[] = ['nothing', 'small', 'large'];
  const first = round % kinds.length;
  return [...kinds.slice(first), ...kinds.slice(0, first)];
}

const DEFINITION = {
  version: 1,
  steps: {
    ready: { set: '{% $input.items[ready] %}' },
    named: { set: '{% $steps.ready.output.{ "id": n, "title": $uppercase(name) & "!" } %}' },
  },
  output: '{% $count($steps.named.output) %}',
} satisfies JsonValue;

/** The times of what is begun at a steady rate for one window, each from the moment it was due. */
async function stream(body: () => Promise<unknown>, everyMs: number): Promise<number[]> {
  const start = performance.now();
  const runs: Promise<number>[] = [];
  for (let due = start; due < start + WINDOW_MS; due += everyMs) {
    await delay(Math.max(0, due - performance.now()));
    runs.push(body().then(() => performance.now() - due));
  }
  return await Promise.all(runs);
}
