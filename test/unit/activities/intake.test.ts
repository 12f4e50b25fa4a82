import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntakeRequest } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { intake } from '../../../activities/intake.js';
import { createFileStore, externalize, rehydrate } from '../../../artifacts/index.js';
import type { JsonObject } from '../../../job-api/json.js';
import { config } from '../definition/config.js';

let root = '';
let deps: ActivityDeps;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-intake-'));
  // Of all that activities work with, `intake` uses these.
  const used = { config, store: createFileStore({ root }), searchAttributes: async () => ['JobRelayRun'] };
  deps = used as unknown as ActivityDeps;
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function failureOf(request: IntakeRequest): Promise<ApplicationFailure> {
  const error = await (intake as (request: unknown, deps: ActivityDeps) => Promise<unknown>)(request, deps).catch(
    (e) => e,
  );
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

const definition = { version: 1, steps: { a: { set: '{% $input.text %}' } } };

describe('intake', () => {
  it('records a plan, and the search attributes that exist', async () => {
    const { plan, searchAttributes } = await intake(
      { kind: 'job', input: { endpoint: 'draw', input: { a: 1 } } },
      deps,
    );
    expect(plan).toMatchObject({ v: 1, settings: { targets: [{ endpointId: 'draw-1' }] }, input: { a: 1 } });
    expect(searchAttributes).toEqual(['JobRelayRun']);
  });

  it('stores what is large in the input', async () => {
    const input = { text: 'x'.repeat(100_000), small: 1 };
    const { plan } = await intake({ kind: 'pipeline', input: { definition, input } }, deps);
    expect(JSON.stringify(plan).length).toBeLessThan(2_000);
    expect(await rehydrate(plan.input ?? null, deps.store)).toEqual(input);
  });

  it('leaves out what the workflow has itself', async () => {
    const picture = await externalize('x'.repeat(100_000), deps.store, { inlineMaxBytes: 100, foreign: false });
    const input = { text: 'small', picture };
    const taken = await intake({ kind: 'pipeline', input: { definition, input } }, deps);
    expect(taken.plan).not.toHaveProperty('input');
    const without = await intake({ kind: 'pipeline', input: { definition } }, deps);
    expect(without.plan.input).toEqual({});
  });

  it.each([null, undefined, [], 'x', 5, {}, { definition: null }, { definition: { version: 1, steps: { a: [] } } }])(
    'ends the run for good, and at once, for the input %j',
    async (input) => {
      for (const kind of ['job', 'pipeline'] as const) {
        const failure = await failureOf({ kind, input });
        expect(failure.nonRetryable).toBe(true);
        expect(failure.message).not.toBe('');
        expect(failure.details).toEqual([{ problems: expect.any(Array) }]);
      }
    },
  );

  it('says which kind of mistake it was', async () => {
    const wrong = { version: 1, steps: { a: { set: '{% $steps.b.output %}' } } };
    expect((await failureOf({ kind: 'pipeline', input: { definition: wrong } })).type).toBe('DefinitionInvalid');
    expect((await failureOf({ kind: 'pipeline', input: { definition, input: 5 } })).type).toBe('InputRejected');
    expect((await failureOf({ kind: 'job', input: { endpoint: 'x', input: { a: 1 } } })).type).toBe('EndpointNotFound');
  });

  describe('of a key "$secret"', () => {
    const step = {
      pipeline: { version: 1, input: { type: 'object', required: ['v'] }, steps: { a: { set: '{% $input.v %}' } } },
    };
    const kinds = {
      job: async (input: JsonObject) => await intake({ kind: 'job', input: { endpoint: 'draw', input } }, deps),
      pipeline: async (input: JsonObject) => await intake({ kind: 'pipeline', input: { definition, input } }, deps),
      nested: async (input: JsonObject) => {
        const steps = { n: { ...step, input: { v: 1 } } };
        const { plan } = await intake({ kind: 'pipeline', input: { definition: { version: 1, steps } } }, deps);
        const settings = plan.steps[0]?.nested;
        if (settings === undefined) throw new TypeError('no nested pipeline');
        return await intake({ kind: 'nested', settings, input }, deps);
      },
    };
    const stored = (value: JsonObject) => externalize(value, deps.store, { inlineMaxBytes: 10, foreign: false });

    it.each(Object.entries(kinds))('takes what a provider sent for data: %s', async (_, take) => {
      const output = await externalize({ $secret: 'X', b: 1 }, deps.store, { inlineMaxBytes: 1_000, foreign: true });
      expect(output).toEqual({ $$secret: 'X', b: 1 });
      await expect(take({ v: output })).resolves.toBeDefined();
      await expect(take({ v: await stored({ w: output }) })).resolves.toBeDefined();
    });

    it.each(Object.entries(kinds))('finds one that is not allowed, in an artifact too: %s', async (_, take) => {
      await expect(take({ v: { $secret: 'X' } })).rejects.toThrow(/secret "X" may not be used/);
      await expect(take({ v: await stored({ w: { $secret: 'X' } }) })).rejects.toThrow(/secret "X" may not be used/);
    });
  });

  it('refuses a reference to an artifact that is none', async () => {
    const failure = await failureOf({ kind: 'pipeline', input: { definition, input: { text: { $artifact: 'x' } } } });
    expect(failure.type).toBe('InputRejected');
    expect(failure.message).toMatch(/^input: an object with the key "\$artifact" is not a reference/);
  });
});
