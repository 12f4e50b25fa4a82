import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNested, storingParts } from '../../../activities/nested-plans.js';
import { type ArtifactStore, createFileStore } from '../../../artifacts/index.js';
import { compilePipeline } from '../../../definition/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { config } from '../definition/config.js';

let root: string;
let store: ArtifactStore;
/** The bytes of each put. */
const puts: number[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-nested-plans-'));
  const file = createFileStore({ root });
  store = {
    ...file,
    put: (bytes) => {
      puts.push(bytes.byteLength);
      return file.put(bytes);
    },
  };
});
afterAll(() => rm(root, { recursive: true }));

const planOf = (steps: JsonObject) => compilePipeline({ definition: { version: 1, steps } }, config);
const nestedOf = (value: JsonValue): JsonObject => ({ pipeline: { version: 1, steps: { inner: { set: value } } } });

describe('the plans of nested pipelines', () => {
  it('are references in the plan around them, at every depth, and come back as they were', async () => {
    const plan = planOf({ a: { pipeline: { version: 1, steps: { b: nestedOf({ deep: 'x'.repeat(500) }) } } } });
    const { plan: stored } = await storingParts({ plan }, store);
    const text = JSON.stringify(stored);
    expect(text).not.toContain('deep');
    const outer = stored.steps[0]?.nested;
    if (outer === undefined) throw new Error('the step is no pipeline');
    const inner = (await loadNested(outer, store)).plan.steps[0]?.nested;
    expect(inner?.pipeline.kind).toBe('stored');
    if (inner === undefined) throw new Error('the inner step is no pipeline');
    expect((await loadNested(inner, store)).plan.steps[0]?.body).toEqual({ deep: 'x'.repeat(500) });
  });

  it('keep what looks like a reference, and is none', async () => {
    const schema = { default: { $artifact: { sha256: 'f'.repeat(64), filler: 'y'.repeat(300) } } };
    const pipeline = { version: 1, input: schema, steps: { inner: { set: 1 } } };
    const { plan } = await storingParts({ plan: planOf({ a: { pipeline } }) }, store);
    const nested = plan.steps[0]?.nested;
    if (nested === undefined) throw new Error('the step is no pipeline');
    expect((await loadNested(nested, store)).inputSchema).toEqual(schema);
  });

  it('are stored once, however many steps have the same', async () => {
    const once = planOf({ a: nestedOf('z'.repeat(400)) });
    const [step] = once.steps;
    if (step === undefined) throw new Error('there is no step');
    puts.length = 0;
    await storingParts({ plan: { ...once, steps: [step, { ...step, name: 'b' }] } }, store);
    expect(puts).toHaveLength(1);
  });
});
