import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, rehydrate } from '../../../artifacts/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { type Harness, startHarness } from '../harness.js';

const KIB = 1024;
/** What no payload of ours passes. */
const PAYLOAD_MAX_BYTES = 256 * KIB;

const transcript = (n: number) => `speech of ${n}, `.repeat(10_000).slice(0, 40 * KIB);
/** Signature, an IHDR chunk and the head of an IDAT chunk: what is read of a file to know it for a picture. */
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  Buffer.alloc(13 + 4),
  Buffer.from('0001680049444154', 'hex'),
  randomBytes(90 * KIB),
]);

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      echo: { workers: 200, handler: (input) => input },
      transcribe: { workers: 10, handler: (input) => ({ text: transcript((input as { n: number }).n) }) },
      large: {
        workers: 200,
        handler: (input) => {
          const { n } = input as { n: number };
          return { n, text: `${n} `.repeat(60_000).slice(0, 100 * KIB) };
        },
      },
      measure: {
        workers: 200,
        handler: (input) => ({ length: (input as { text: string }).text.length }),
      },
    },
  });
});
afterAll(() => harness.stop());

async function outputOf(steps: Record<string, JsonObject>, output: JsonValue, input: JsonValue = {}) {
  const run = await harness.relay.start('pipeline', { definition: { version: 1, steps, output }, input });
  const result = await run.result();
  return { output: result.output, workflowId: run.workflowId };
}

const inputsOf = (endpoint: string) =>
  harness.emulator
    .jobs()
    .filter((job) => job.endpoint === endpoint)
    .map(({ input }) => input as JsonObject);

/** Bytes of each payload in the histories of a run and of the slices it started. */
async function payloadSizes(workflowId: string): Promise<readonly number[]> {
  const sizes: number[] = [];
  const children: string[] = [];
  const visit = (value: unknown, key = ''): void => {
    if (value instanceof Uint8Array) sizes.push(value.byteLength);
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) visit(item, name);
    else if (key === 'workflowId' && typeof value === 'string' && value !== workflowId) children.push(value);
  };
  const { events } = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  visit(events);
  for (const child of new Set(children))
    visit((await harness.temporal.workflow.getHandle(child).fetchHistory()).events);
  return sizes;
}

describe('values of any size', () => {
  it('a transcript of 40 KiB goes into the next prompt', async () => {
    const { output } = await outputOf(
      {
        transcript: { endpoint: 'local/transcribe', input: { n: 7 } },
        summary: {
          endpoint: 'local/echo',
          input: { text: "{% 'Sum up: ' & $steps.transcript.output.text & ' In short.' %}", mark: 'prompt' },
        },
      },
      { length: '{% $length($steps.summary.output.text) %}' },
    );
    const prompt = `Sum up: ${transcript(7)} In short.`;
    expect(output).toEqual({ length: prompt.length });
    expect(inputsOf('echo').find(({ mark }) => mark === 'prompt')?.text).toBe(prompt);
  });

  it('a thousand outputs of 100 KiB are counted and picked from without being loaded', async () => {
    // 100 MiB: three times what an evaluation may load.
    const { output, workflowId } = await outputOf(
      {
        each: { forEach: '{% [1..1000] %}', concurrency: 200, endpoint: 'local/large', input: { n: '{% $item %}' } },
        one: { endpoint: 'local/measure', input: { text: '{% $steps.each.output[n = 321].text %}' } },
      },
      {
        count: '{% $count($steps.each.output) %}',
        sum: '{% $sum($steps.each.output.n) %}',
        head: '{% $substring($steps.each.output[998].text, 0, 8) %}',
        one: '{% $steps.one.output.length %}',
      },
    );
    expect(output).toEqual({ count: 1000, sum: 500_500, head: '999 999 ', one: 100 * KIB });
    expect(inputsOf('measure')).toEqual([{ text: '321 '.repeat(60_000).slice(0, 100 * KIB) }]);
    expect(Math.max(...(await payloadSizes(workflowId)))).toBeLessThanOrEqual(PAYLOAD_MAX_BYTES);
  }, 240_000);

  it('an input of 5 MiB from our client is read where it is named, and passed on', async () => {
    const text = 'five mebibytes. '.repeat((5 * KIB * KIB) / 16);
    const { output, workflowId } = await outputOf(
      { copy: { endpoint: 'local/echo', input: { mark: '5 MiB', text: '{% $input.text %}' } } },
      { length: '{% $length($input.text) %}', same: '{% $steps.copy.output.text = $input.text %}' },
      { text },
    );
    expect(output).toEqual({ length: text.length, same: true });
    expect(inputsOf('echo').find(({ mark }) => mark === '5 MiB')?.text).toBe(text);
    expect(Math.max(...(await payloadSizes(workflowId)))).toBeLessThanOrEqual(PAYLOAD_MAX_BYTES);
  });

  it('an input of 1.5 MiB is used in 50 steps', async () => {
    const text = 'a mebibyte and a half. '.repeat(70_000).slice(0, 1.5 * KIB * KIB);
    const names = Array.from({ length: 50 }, (_, n) => `step${n}`);
    const { output, workflowId } = await outputOf(
      Object.fromEntries(
        names.map((name) => [name, { endpoint: 'local/measure', input: { name, text: '{% $input.text %}' } }]),
      ),
      `{% [${names.map((name) => `$steps.${name}.output.length`).join(', ')}] %}`,
      { text },
    );
    expect(output).toEqual(names.map(() => text.length));
    const sizes = await payloadSizes(workflowId);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(PAYLOAD_MAX_BYTES);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(KIB * KIB);
  });

  it('a list of 60 KiB goes through 50 steps, within a history of 4 MiB', async () => {
    const list = Array.from({ length: 2_000 }, (_, n) => `part ${n} of a longer text, `);
    const names = Array.from({ length: 50 }, (_, n) => `step${n}`);
    const { output, workflowId } = await outputOf(
      Object.fromEntries(
        names.map((name, n) => {
          const before = n === 0 ? '$input.list' : `$steps.step${n - 1}.output.list`;
          return [name, { endpoint: 'local/echo', input: { name, list: `{% $reverse(${before}) %}` } }];
        }),
      ),
      '{% $steps.step49.output.list %}',
      { list },
    );
    expect(output).toEqual(list);
    const sizes = await payloadSizes(workflowId);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4 * KIB * KIB);
  });

  it('base64 goes through two jobs byte for byte, plain, as a data URL and with line breaks', async () => {
    const base64 = png.toString('base64');
    const variants = {
      plain: base64,
      url: `data:image/png;base64,${base64}`,
      lines: base64.replace(/.{76}/g, '$&\n'),
    };
    const { output } = await outputOf(
      {
        first: { endpoint: 'local/echo', input: { mark: 'first', all: '{% $input %}' } },
        second: { endpoint: 'local/echo', input: { mark: 'second', all: '{% $steps.first.output.all %}' } },
      },
      {
        all: '{% $steps.second.output.all %}',
        lengths: '{% $each($steps.second.output.all, function($v, $k) { $k & ": " & $length($v) }) %}',
        same: '{% $steps.second.output.all = $input %}',
      },
      variants,
    );
    expect(inputsOf('echo').filter(({ mark }) => mark === 'second')).toEqual([{ mark: 'second', all: variants }]);
    const store = createStore(harness.config.artifacts);
    expect(await rehydrate(output, store)).toEqual({
      all: variants,
      lengths: Object.entries(variants).map(([name, text]) => `${name}: ${text.length}`),
      same: true,
    });
  });

  it('the length of a picture is that of the text it came as', async () => {
    const base64 = png.toString('base64');
    const { output } = await outputOf(
      { draw: { endpoint: 'local/echo', input: { image: '{% $input.image %}' } } },
      {
        length: '{% $length($steps.draw.output.image) %}',
        head: '{% $substring($steps.draw.output.image, 0, 6) %}',
        image: '{% $steps.draw.output.image %}',
      },
      { image: base64 },
    );
    expect(output).toMatchObject({
      length: base64.length,
      head: 'iVBORw',
      image: { $artifact: { mediaType: 'image/png', encoding: 'base64', bytes: png.byteLength } },
    });
  });
});
