import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointConfig } from '../../../config/config.js';
import type { JobResult } from '../../../workflows/contract.js';
import { type Harness, startHarness } from '../harness.js';

let harness: Harness;
const lines: string[] = [];
const LOST = { error: 'job timed out after 1 retries' };
let losses = 2;

const alias = (name: string, use: readonly string[], circuit: EndpointConfig['circuit']): [string, EndpointConfig] => [
  name,
  {
    alias: name,
    use: use.map((endpointId) => ({ endpoint: name, provider: 'local', endpointId })),
    retry: { backoff: { firstMs: 1, maxMs: 1 } },
    ...(circuit !== undefined && { circuit }),
  },
];

beforeAll(async () => {
  harness = await startHarness({
    log: (line) => lines.push(line),
    endpoints: {
      losing: { handler: () => LOST },
      alsoLosing: { handler: () => LOST },
      mended: { handler: () => (losses-- > 0 ? LOST : { from: 'mended' }) },
      throttled: { workers: 2, handler: () => ({ from: 'throttled' }) },
      sound: { handler: () => ({ from: 'sound' }) },
    },
    configure: (config) => ({
      ...config,
      endpoints: Object.fromEntries([
        alias('pair', ['losing', 'sound'], { failures: 2, openMs: 600_000, maxOpenMs: 600_000 }),
        alias('heedless', ['alsoLosing', 'sound'], 'off'),
        alias('alone', ['mended'], { failures: 2, openMs: 100 }),
        alias('full', ['throttled', 'sound'], undefined),
      ]),
    }),
  });
});
afterAll(() => harness.stop());

const run = async (endpoint: string, more: object = {}): Promise<JobResult> =>
  (await harness.relay.start('job', { endpoint, input: { a: 1 }, ...more } as never)).result() as Promise<JobResult>;
const submitsTo = (endpoint: string) => harness.emulator.jobs().filter((job) => job.endpoint === endpoint).length;

describe('an endpoint whose platform loses jobs', () => {
  it('is left alone where another can take them, and the attempt says so', async () => {
    for (const _ of [1, 2]) await run('pair');
    const { attempts, output, usage } = await run('pair');
    expect(output).toEqual({ from: 'sound' });
    expect(attempts).toMatchObject([
      {
        outcome: 'Unavailable',
        class: 'endpoint',
        message: expect.stringMatching(/^circuit open: local\/losing lost/),
      },
      { outcome: 'COMPLETED', handle: { endpointId: 'sound' } },
    ]);
    expect(usage.jobs).toBe(1);
    expect(submitsTo('losing')).toBe(2);
    expect(lines.filter((line) => line.startsWith('circuit open: local/losing'))).toHaveLength(1);
  });

  it('is asked all the same where its circuit is off', async () => {
    await Promise.all([1, 2, 3, 4, 5].map(() => run('heedless')));
    await run('heedless');
    expect(submitsTo('alsoLosing')).toBe(6);
  });

  it('is waited for where there is no other, and asked again', async () => {
    const { attempts } = await run('alone', { retry: { platform: 2 } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['PlatformFailed', 'PlatformFailed', 'COMPLETED']);
    expect(lines.filter((line) => line.includes('local/mended')).map((line) => line.split(':')[0])).toEqual([
      'circuit open',
      'circuit closed',
    ]);
  });
});

describe('an endpoint all of whose workers are throttled', () => {
  it('is left alone where another can take the job, and gets it where none can', async () => {
    harness.emulator.setUnavailable('throttled', { throttled: 2 });
    expect(await run('full')).toMatchObject({ output: { from: 'sound' }, attempts: [{ outcome: 'Unavailable' }, {}] });
    expect(submitsTo('throttled')).toBe(0);
    const queued = await harness.relay.start('job', { endpoint: 'local/throttled', input: { a: 1 } });
    harness.emulator.setUnavailable('throttled', {});
    expect(await queued.result()).toMatchObject({ output: { from: 'throttled' } });
  });
});
