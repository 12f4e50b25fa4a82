import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../job-api/json.js';
import type { Bench, Report } from './bench.js';
import { quantile, summarise } from './statistics.js';

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
 * expressions. How far the windows without differ among themselves is the noise.
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

  const p95 = {
    nothing: windows.nothing.map((times) => quantile(times, 0.95)),
    small: windows.small.map((times) => quantile(times, 0.95)),
    large: windows.large.map((times) => quantile(times, 0.95)),
  };
  const ratios = (than: Kind) => p95.large.map((ours, round) => ours / (p95[than][round] ?? Number.NaN));
  const noise = p95.nothing.map((of) => of / quantile(p95.nothing, 0.5));
  return {
    rows: [
      { name: 'job, nothing beside it', unit: 'ms', ...summarise(windows.nothing.flat()) },
      { name: 'job, beside pipelines of 3 items', unit: 'ms', ...summarise(windows.small.flat()) },
      { name: 'job, beside pipelines of 1,000 items', unit: 'ms', ...summarise(windows.large.flat()) },
      { name: 'pipeline of 1,000 items', unit: 'ms', ...summarise(pipelines) },
      { name: 'p95 with 1,000 items / with nothing, by round', unit: 'x', ...summarise(ratios('nothing'), 2) },
      { name: 'p95 with 1,000 items / with 3, by round', unit: 'x', ...summarise(ratios('small'), 2) },
      { name: 'noise: p95 with nothing / p50 of these', unit: 'x', ...summarise(noise, 2) },
    ],
    bounds: [
      {
        what: 'p95 of a job beside 1,000 items / with nothing beside it, p50 of the rounds',
        measured: quantile(ratios('nothing'), 0.5),
        atMost: 1.25,
      },
      {
        what: 'p95 of a job beside 1,000 items / beside 3 items, p50 of the rounds',
        measured: quantile(ratios('small'), 0.5),
        atMost: 1.25,
      },
    ],
  };
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
