import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.js';
import { finishJob } from '../../../activities/finish-job.js';
import { intake } from '../../../activities/intake.js';
import { loadNested } from '../../../activities/nested-plans.js';
import { type ArtifactStore, createFileStore } from '../../../artifacts/index.js';
import type { JsonObject } from '../../../job-api/json.js';
import { config } from '../definition/config.js';

const large = { type: 'object', required: ['image'], description: 'x'.repeat(95_000) };

let root: string;
let deps: ActivityDeps;
const puts: number[] = [];
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-output-schemas-'));
  const file = createFileStore({ root });
  const store: ArtifactStore = {
    ...file,
    put: (bytes) => {
      puts.push(bytes.byteLength);
      return file.put(bytes);
    },
  };
  const endpoints = { ...config.endpoints, draw: { ...config.endpoints.draw, outputSchema: large } };
  const used = { config: { ...config, endpoints }, store, searchAttributes: async () => [] };
  deps = used as unknown as ActivityDeps;
});
afterAll(() => rm(root, { recursive: true }));

const DRAW = { endpoint: 'draw', input: { a: 1 } };
const planOf = async (steps: JsonObject) =>
  (await intake({ kind: 'pipeline', input: { definition: { version: 1, steps } } }, deps)).plan;

describe('a large outputSchema', () => {
  it('is a reference in the plan of a pipeline, stored once for all steps that have it', async () => {
    puts.length = 0;
    const plan = await planOf({ a: DRAW, b: DRAW, c: { pipeline: { version: 1, steps: { d: DRAW } } } });
    expect(JSON.stringify(plan).length).toBeLessThan(3_000);
    expect(puts.filter((bytes) => bytes > 90_000)).toHaveLength(1);
    const nested = plan.steps[2]?.nested;
    if (nested === undefined) throw new Error('the step is no pipeline');
    const inner = await loadNested(nested, deps.store);
    expect(inner.plan.steps[0]?.job?.outputSchema).toEqual(plan.steps[0]?.job?.outputSchema);
  });

  it('is a reference in the plan of a job', async () => {
    const { plan } = await intake({ kind: 'job', input: DRAW }, deps);
    expect(JSON.stringify(plan).length).toBeLessThan(1_000);
  });

  it('is what outputs are checked against all the same', async () => {
    const outputSchema = (await planOf({ a: DRAW })).steps[0]?.job?.outputSchema;
    if (outputSchema === undefined) throw new Error('there is no schema');
    const handle = { provider: 'local', endpointId: 'draw-1', jobId: 'j', submittedAt: '2026-01-01T00:00:00.000Z' };
    const request = { handle: { ...handle, ttlMs: 1, retentionMs: 1 }, endpoint: 'draw', inlineMaxBytes: 1_000 };
    const finish = (output: JsonObject) =>
      finishJob({ jobId: 'j', status: 'COMPLETED', output }, { ...request, outputSchema }, deps);
    await expect(finish({ picture: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('image is missing'),
    });
    await expect(finish({ image: 'i' })).resolves.toMatchObject({ output: { image: 'i' } });
  });
});

it('a small outputSchema stays where it is', async () => {
  const outputSchema = { type: 'object' };
  const plan = await planOf({ a: { ...DRAW, outputSchema } });
  expect(plan.steps[0]?.job?.outputSchema).toEqual(outputSchema);
});

it('an outputSchema that looks like a reference is refused', async () => {
  const outputSchema = { $artifact: { sha256: 'f'.repeat(64), bytes: 1 } };
  await expect(planOf({ a: { ...DRAW, outputSchema } })).rejects.toThrow('"$artifact" is none of its keywords');
});
