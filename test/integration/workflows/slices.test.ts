import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
/** Jobs of `crowd` under way at once, now and at the most; none of them ends before so many are as `all` says. */
const under = new Map<string, { now: number; most: number; readonly full: Promise<void>; readonly fill: () => void }>();

function crowdOf(mark: string): NonNullable<ReturnType<typeof under.get>> {
  const known = under.get(mark);
  if (known) return known;
  let fill = () => {};
  const full = new Promise<void>((resolve) => {
    fill = resolve;
  });
  const fresh = { now: 0, most: 0, full, fill };
  under.set(mark, fresh);
  return fresh;
}

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      double: { workers: 200, handler: (input) => ({ value: (input as { n: number }).n * 2 }) },
      trim: { workers: 200, handler: (input) => ({ text: (input as { text: string }).text.slice(0, 2_000) }) },
      picky: {
        workers: 200,
        handler: (input) => {
          const { n } = input as { n: number };
          if (n % 50 === 0) throw new Error(`${n} is round`);
          return { n };
        },
      },
      crowd: {
        workers: 200,
        handler: async (input) => {
          const { mark, all } = input as { mark: string; all: number };
          const crowd = crowdOf(mark);
          crowd.now += 1;
          crowd.most = Math.max(crowd.most, crowd.now);
          if (crowd.now === all) crowd.fill();
          await crowd.full;
          crowd.now -= 1;
          return { mark };
        },
      },
    },
  });
});
afterAll(() => harness.stop());

const start = (steps: Record<string, JsonObject>, output: JsonValue, input: JsonValue = {}) =>
  harness.relay.start('pipeline', { definition: { version: 1, steps, output }, input });

const jobsMarked = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === mark);

describe('a forEach over more items than one history holds', () => {
  it('returns all outputs in the order of the items', async () => {
    const run = await start(
      {
        each: {
          forEach: '{% [1..250] %}',
          concurrency: 60,
          endpoint: 'local/double',
          input: { n: '{% $item %}', at: '{% $index %}' },
        },
      },
      { count: '{% $count($steps.each.output) %}', all: '{% [$steps.each.output.value] %}' },
    );
    const { output, steps, usage } = await run.result();
    expect(output).toEqual({ count: 250, all: Array.from({ length: 250 }, (_, at) => (at + 1) * 2) });
    expect(steps.each).toMatchObject({ status: 'completed', jobs: 250 });
    expect(usage.jobs).toBe(250);
    expect(await run.progress()).toMatchObject({ steps: { each: { status: 'completed', done: 250, total: 250 } } });
    const sent = harness.emulator.jobs().filter(({ endpoint }) => endpoint === 'double');
    expect(sent.map(({ input }) => (input as { at: number }).at).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 250 }, (_, at) => at),
    );
  });

  it('has as many jobs under way as its concurrency says, and never more', async () => {
    const mark = randomUUID();
    const input = { mark, all: 30, n: '{% $item %}' };
    const each = { forEach: '{% [1..300] %}', concurrency: 30, endpoint: 'local/crowd', input };
    const run = await start({ each }, 1);
    // The first jobs end when thirty are under way at once, so it completes only if its slices use all their slots.
    await run.result();
    expect(under.get(mark)?.most).toBe(30);
    expect(jobsMarked(mark)).toHaveLength(300);
  });

  it('tolerates failed items of all slices together, and tells what each failed with', async () => {
    const run = await start(
      {
        each: {
          forEach: '{% [1..250] %}',
          concurrency: 100,
          tolerate: '2%',
          endpoint: 'local/picky',
          input: { n: '{% $item %}' },
        },
      },
      {
        failed: '{% $count($steps.each.errors[$ != null]) %}',
        first: '{% $steps.each.errors[49].message %}',
        gap: '{% $steps.each.output[49] %}',
      },
    );
    expect((await run.result()).output).toEqual({ failed: 5, first: '50 is round', gap: null });
  });

  it('fails with the item that was one too many, and settles what runs in every slice', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: {
        version: 1,
        steps: {
          each: { forEach: '{% [1..250] %}', concurrency: 100, endpoint: 'local/picky', input: { n: '{% $item %}' } },
        },
      },
    });
    expect(error.type).toBe('StepFailed');
    expect(error.details).toMatchObject({
      step: 'each',
      cause: { type: 'JobFailed', message: expect.stringMatching(/is round/) },
      unsettled: [],
    });
    const left = harness.emulator.jobs().filter(({ endpoint, endedAt }) => endpoint === 'picky' && endedAt === null);
    expect(left).toEqual([]);
  });

  it('fails by an input that an expression of one item leaves empty, and names the item', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: {
        version: 1,
        steps: {
          each: {
            forEach: '{% [1..150] %}',
            endpoint: 'local/double',
            input: { n: '{% $item = 120 ? $input.none : $item %}' },
          },
        },
      },
    });
    expect(error.details).toMatchObject({
      cause: { type: 'ExpressionFailed', message: expect.stringContaining('item 119') },
    });
  });

  it('keeps its histories short and small where each item is as large as one may stand there', async () => {
    const text = 'x'.repeat(8_000);
    const run = await start(
      {
        each: {
          forEach: '{% [1..110] %}',
          concurrency: 50,
          endpoint: 'local/trim',
          input: { n: '{% $item %}', text: '{% $input.text %}' },
        },
      },
      '{% $count($steps.each.output) %}',
      { text },
    );
    expect((await run.result()).output).toBe(110);
    const slices = await until('both slices are listed as ended', async () => {
      const ended = `WorkflowType = "slice" AND ExecutionStatus = "Completed"`;
      const query = `${ended} AND WorkflowId STARTS_WITH "${run.workflowId}/"`;
      const found = [];
      for await (const slice of harness.temporal.workflow.list({ query })) found.push(slice);
      return found.length === 2 ? found : undefined;
    });
    const parent = await harness.temporal.workflow.getHandle(run.workflowId).describe();
    for (const { historyLength, historySize = Number.POSITIVE_INFINITY } of [...slices, parent]) {
      expect(historyLength).toBeLessThan(4_096);
      expect(historySize).toBeLessThan(4 * 2 ** 20);
    }
    // The items are in the histories of the slices alone.
    expect(parent.historySize).toBeLessThan(256 * 2 ** 10);
  });

  it('begins where steps of few items each would fill the history of the run together', async () => {
    const each = { forEach: '{% [1..90] %}', concurrency: 45, endpoint: 'local/double', input: { n: '{% $item %}' } };
    const run = await start(
      { a: each, b: each, c: each },
      '{% $sum([$steps.a.output.value, $steps.c.output.value]) %}',
    );
    expect((await run.result()).output).toBe(2 * 90 * 91);
    const { historyLength } = await harness.temporal.workflow.getHandle(run.workflowId).describe();
    // Where their items ran, there would be 7 events for each of 270 jobs.
    expect(historyLength).toBeLessThan(500);
  });

  it('settles the jobs of all slices before a cancelled run closes', async () => {
    const mark = randomUUID();
    const run = await start(
      {
        each: {
          forEach: '{% [1..220] %}',
          concurrency: 30,
          endpoint: 'local/sleep',
          input: { ms: 60_000, mark, n: '{% $item %}' },
        },
      },
      1,
    );
    await until('thirty jobs are accepted', () => jobsMarked(mark).length === 30);
    // A cancel that hangs for a moment, so that there is something to be seen meanwhile.
    harness.emulator.setFaults([{ kind: 'delay', operation: 'cancel', delayMs: 4_000, nth: 30 }]);
    await run.cancel();
    const settling = await until('it tells how far it is', async () => {
      const { settling: told } = await run.progress();
      return told && told.done < told.total ? told : undefined;
    });
    expect(settling.total).toBeLessThanOrEqual(30);
    const error = await run.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(jobsMarked(mark).map(({ status }) => status)).toEqual(Array(30).fill('CANCELLED'));
    const { settlement } = error as RunCancelled;
    expect(settlement?.jobs.map(({ settled }) => settled)).toEqual(Array(30).fill('stopped'));
    expect(settlement?.usage.jobs).toBe(30);
    const { settling: settled, steps } = await run.progress();
    expect(settled).toEqual({ done: 30, total: 30 });
    expect(steps.each?.status).toBe('cancelled');
  });
});
