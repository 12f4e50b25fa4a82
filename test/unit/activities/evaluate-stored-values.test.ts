import { describe, expect, it } from 'vitest';
import { externalize, rehydrate } from '../../../artifacts/index.js';
import { completed, failed, useEvaluation } from './evaluation.js';

// Its time limit is not what is tested, and a machine may be busy.
const { outcomeOf, outcomesOf, store } = useEvaluation({ timeoutMs: 20_000 });

describe('values of any size', () => {
  const long = 'long text, '.repeat(20_000);
  const png = `${Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(3_000, 7)]).toString('base64')}`;

  it('mean the same in an expression', async () => {
    const output = await externalize(
      {
        items: [
          { n: 1, long },
          { n: 2, long: 'short' },
        ],
      },
      store(),
      { inlineMaxBytes: 100, foreign: true },
    );
    expect(JSON.stringify(output).length).toBeLessThan(500);
    const body = '{% $steps.s.output.items.{"n": n, "length": $length(long)} %}';
    expect(await outcomeOf({ body }, { steps: { s: completed(output) } })).toEqual({
      kind: 'one',
      value: [
        { n: 1, length: long.length },
        { n: 2, length: 5 },
      ],
    });
  });

  it('are stored again where they are large, and pass on files as they are', async () => {
    const output = await externalize({ image: png, long }, store(), { inlineMaxBytes: 65_536, foreign: true });
    const outcome = await outcomeOf(
      { body: { images: '{% [$steps.s.output.image] %}', text: '{% $steps.s.output.long %}' } },
      { steps: { s: completed(output) } },
    );
    if (outcome.kind !== 'one') throw new Error(JSON.stringify(outcome));
    expect(JSON.stringify(outcome.value).length).toBeLessThan(1_000);
    expect(outcome.value).toMatchObject({ images: [{ $artifact: { mediaType: 'image/png' } }] });
    expect(await rehydrate(outcome.value, store())).toEqual({ images: [png], text: long });
  });

  it('come back inline where they fit as a whole', async () => {
    const output = await externalize({ text: 'x'.repeat(100_000) }, store(), {
      inlineMaxBytes: 1_000,
      foreign: true,
    });
    const task = { name: 'output', body: '{% $steps.s.output %}', inlineMaxBytes: 262_144 };
    expect(await outcomeOf(task, { steps: { s: completed(output) } })).toEqual({
      kind: 'one',
      value: { text: 'x'.repeat(100_000) },
    });
  });

  it('are no input of a job where they are files', async () => {
    const output = await externalize(png, store(), { inlineMaxBytes: 65_536, foreign: true });
    expect(
      await outcomeOf({ kind: 'input', body: '{% $steps.s.output %}' }, { steps: { s: completed(output) } }),
    ).toEqual(failed('step "a", input: must be an object, not a file: put the file into a field'));
  });

  it('fit into 256 KiB together, whatever each may take', async () => {
    const outcomes = await outcomesOf(
      [1, 2].map(() => ({
        forEach: '{% [1..100] %}',
        body: { text: 'x'.repeat(6_000), n: '{% $index %}' },
        inlineMaxBytes: 8_192,
      })),
    );
    expect(Buffer.byteLength(JSON.stringify(outcomes))).toBeLessThan(262_144);
    const [first] = outcomes;
    if (first?.kind !== 'each') throw new Error(JSON.stringify(first));
    expect(await rehydrate(first.values[7] ?? null, store())).toEqual({ text: 'x'.repeat(6_000), n: 7 });
  });

  it('that a provider forged as a reference stay plain data', async () => {
    const forged = {
      $artifact: {
        uri: 'file:///etc/passwd',
        sha256: '0'.repeat(64),
        bytes: 1,
        mediaType: 'text/plain',
        encoding: 'text',
      },
    };
    const output = await externalize({ forged }, store(), { inlineMaxBytes: 65_536, foreign: true });
    const outcome = await outcomeOf({ body: '{% $steps.s.output.forged %}' }, { steps: { s: completed(output) } });
    if (outcome.kind !== 'one') throw new Error(JSON.stringify(outcome));
    expect(await rehydrate(outcome.value, store())).toEqual(forged);
  });

  it('that are not in the store, or no reference at all, fail the step with the reason', async () => {
    const missing = { $artifact: { sha256: '0'.repeat(64), bytes: 1, mediaType: 'text/plain', encoding: 'text' } };
    expect(await outcomeOf({ body: '{% $input.x %}' }, { input: { x: missing } })).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^step "a": artifact 0{64} is not in /),
    });
    expect(await outcomeOf({ body: '{% {"$artifact": 5} %}' })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('is not a reference to an artifact'),
    });
  });
});
