import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { EvaluateOutcome } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import { ArtifactMissing, type ArtifactRef, type ArtifactStore } from '../../../artifacts/index.js';
import { createExpressionEngine } from '../../../definition/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';

const engine = createExpressionEngine({ processes: 1 });
afterAll(() => engine.close());

const MIB = 1024 * 1024;
const kept = new Map<string, Uint8Array>();
const read: string[] = [];
const store: ArtifactStore = {
  put: () => Promise.reject(new Error('nothing here is to be stored')),
  async get(sha256) {
    read.push(sha256);
    const bytes = kept.get(sha256);
    if (bytes === undefined) throw new ArtifactMissing(sha256, 'memory');
    return bytes;
  },
};

/** A reference to bytes that are there, whatever it says of them. */
function stored(content: string | Uint8Array, ref: Partial<ArtifactRef> = {}): JsonObject {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  kept.set(sha256, bytes);
  return { $artifact: { sha256, bytes: bytes.byteLength, mediaType: 'application/json', encoding: 'json', ...ref } };
}

async function outcomeOf(body: string, output: JsonValue): Promise<EvaluateOutcome | undefined> {
  read.length = 0;
  const steps = { s: { status: 'completed', output } } as const;
  const run = { workflowId: 'pipeline:1', runId: 'r', startedAt: '2025-01-01T00:00:00.000Z' };
  const tasks = [{ name: 'a', kind: 'value', body, inlineMaxBytes: 1_000 }] as const;
  const deps = { store, expressions: engine } as unknown as ActivityDeps;
  return (await evaluate({ tasks, input: {}, steps, run }, deps)).outcomes[0];
}

describe('what an expression reads of stored values', () => {
  it.each<[string, JsonValue, string, JsonValue]>([
    ['JSON', stored('{"n":[1,2]}'), '$sum($steps.s.output.n)', 3],
    ['null', stored('null'), '$type($steps.s.output)', 'null'],
    ['an escaped key, which stays escaped', stored('{"$$artifact":7}'), '$keys($steps.s.output)', '$$artifact'],
    ['a text', stored('a\ud83d\ude00', { encoding: 'text' }), '$length($steps.s.output)', 2],
    ['a file', stored(new Uint8Array([0, 255]), { encoding: 'base64' }), '$steps.s.output & ""', 'AP8='],
    [
      'a file of a data URL',
      stored(new Uint8Array([1]), { encoding: 'data-url', mediaType: 'image/png' }),
      '$steps.s.output & ""',
      'data:image/png;base64,AQ==',
    ],
    ['JSON within JSON', stored(JSON.stringify({ a: stored('[4]') })), '$sum($steps.s.output.a)', 4],
  ])('%s', async (_, output, expression, value) => {
    expect(await outcomeOf(`{% ${expression} %}`, output)).toEqual({ kind: 'one', value });
  });

  it.each<[string, JsonValue, string]>([
    ['is not there', { $artifact: { ...ref('f'.repeat(64)) } }, 'is not in memory'],
    ['has another size', stored('[1]', { bytes: 4 }), 'says 4 bytes, but it has 3'],
    ['is no JSON', stored('[1'), 'is json, but it is not'],
    ['is no text', stored(new Uint8Array([0xff]), { encoding: 'text' }), 'is text, but it is not'],
    [
      'holds what merely looks like a reference',
      stored('{"$artifact":{"sha256":"../../etc/passwd"}}'),
      'is not a reference to an artifact',
    ],
  ])('fails the step where a part %s', async (_, output, message) => {
    expect(await outcomeOf('{% $string($steps.s.output) %}', output)).toMatchObject({
      kind: 'failed',
      type: 'ExpressionFailed',
      message: expect.stringContaining(message),
    });
  });

  it('is not fetched where it would be over 32 MiB', async () => {
    const output = { part: { $artifact: ref('a'.repeat(64), 33 * MIB) } };
    expect(await outcomeOf('{% $string($steps.s.output) %}', output)).toMatchObject({
      kind: 'failed',
      type: 'ValueTooLarge',
      message: expect.stringContaining(`over ${32 * MIB} bytes; pass on less of it`),
    });
    expect(read).toEqual([]);
  });

  it('is counted with what is within', async () => {
    const inner = { $artifact: ref('c'.repeat(64), 32 * MIB) };
    const failed = await outcomeOf('{% $string($steps.s.output) %}', stored(JSON.stringify([inner])));
    expect(failed).toMatchObject({ kind: 'failed', type: 'ValueTooLarge' });
    expect(read).toHaveLength(1);
  });

  it('is refused where it is nested too deep to travel', async () => {
    const deep = stored(`${'['.repeat(2_000)}${']'.repeat(2_000)}`);
    expect(await outcomeOf('{% $string($steps.s.output) %}', deep)).toMatchObject({
      kind: 'failed',
      type: 'ValueTooLarge',
      message: expect.stringContaining('nested deeper'),
    });
  });
});

function ref(sha256: string, bytes = 3): JsonObject {
  return { sha256, bytes, mediaType: 'application/json', encoding: 'json' };
}
