import { describe, expect, onTestFinished, test } from 'vitest';
import { type Emulator, type EmulatorOptions, type Fault, startEmulator, TestClock } from '../../../emulator/index.js';
import { createJobApi, type JobApi, type JobApiOptions } from '../../../job-api/index.js';
import { until } from '../harness.js';

type Dialect = NonNullable<JobApiOptions['provider']['dialect']>;

/** How each dialect comes to the emulator's endpoints. */
const WAYS: readonly {
  readonly name: string;
  readonly dialect: Dialect;
  readonly path: string;
  readonly prefix: string;
  readonly options: EmulatorOptions;
}[] = [
  { name: 'RunPod', dialect: 'runpod', path: '/v2', prefix: '', options: {} },
  { name: 'SubModel', dialect: 'submodel', path: '/v1/sl', prefix: '', options: {} },
  {
    name: 'SubModel in envelopes and lower case',
    dialect: 'submodel',
    path: '/v1/sl',
    prefix: '',
    options: { submodel: { enveloped: true, lowerCaseStatuses: true } },
  },
  { name: 'the gateway', dialect: 'gateway', path: '/v1/runpod', prefix: 'images/', options: {} },
];

interface Connected {
  readonly emulator: Emulator;
  readonly api: JobApi;
  readonly clock: TestClock;
}

async function connect({ dialect, path, options }: (typeof WAYS)[number]): Promise<Connected> {
  // Its time stands still but for what a test says, so that a gateway's status cache shows what it is asked to.
  const clock = new TestClock();
  const emulator = await startEmulator({ ...options, clock });
  const provider = { name: 'emulated', dialect, baseUrl: `${emulator.url}${path}` };
  const api = createJobApi({ provider, apiKey: 'any-key' });
  onTestFinished(async () => {
    await api.close();
    await emulator.close();
  });
  return { emulator, api, clock };
}

describe.each(WAYS)('the client through $name', (way) => {
  const endpoint = (id: string) => `${way.prefix}${id}`;

  test('submits, reads, streams and cancels', async () => {
    const { api, clock } = await connect(way);
    const { jobId } = await api.run(endpoint('count'), { input: { to: 2 } });
    const job = await until('the job is done', async () => {
      clock.advance(2_000);
      const read = await api.status(endpoint('count'), jobId);
      return read.status === 'COMPLETED' && read;
    });
    expect(job).toMatchObject({ jobId, output: [1, 2] });
    const { chunks } = await api.stream(endpoint('count'), jobId);
    expect(chunks.map(({ output }) => output)).toEqual([1, 2]);
    const queued = await api.run(endpoint('nobody-home'), { input: { a: 1 } });
    expect(await api.cancel(endpoint('nobody-home'), queued.jobId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('runs at once, purges and asks for health', async () => {
    const { api } = await connect(way);
    const job = await api.runSync(endpoint('echo'), { input: { a: 1 } });
    expect(job).toMatchObject({ status: 'COMPLETED', output: { a: 1 } });
    await api.run(endpoint('nobody-home'), { input: { a: 1 } });
    expect(await api.purgeQueue(endpoint('nobody-home'))).toEqual({ removed: 1 });
    expect((await api.health(endpoint('echo'))).workers).toMatchObject({ idle: 3, running: 0 });
  });

  test('does not find a job that nobody knows', async () => {
    const { api } = await connect(way);
    await expect(api.status(endpoint('echo'), 'nope')).rejects.toMatchObject({ code: 'JobNotFound' });
  });

  test.each<[Fault, string, string]>([
    [{ kind: 'status', httpStatus: 429, retryAfterSeconds: 2 }, 'RateLimited', 'RateLimited'],
    [{ kind: 'status', httpStatus: 502, html: true }, 'SubmitAmbiguous', 'Unavailable'],
    [{ kind: 'reset' }, 'SubmitAmbiguous', 'Unavailable'],
    [{ kind: 'reset', unread: true, endpoint: 'nobody-home' }, 'SubmitAmbiguous', 'Unavailable'],
    [{ kind: 'lose-answer' }, 'SubmitAmbiguous', 'Unavailable'],
    [{ kind: 'truncate-answer' }, 'SubmitAmbiguous', 'ProtocolError'],
    [{ kind: 'truncate-answer', hangUp: true }, 'SubmitAmbiguous', 'Unavailable'],
    [{ kind: 'malform-answer' }, 'SubmitAmbiguous', 'ProtocolError'],
  ])('meets %j: a submit is %s, a read %s', async (fault, submitted, read) => {
    const { emulator, api } = await connect(way);
    const { jobId } = await api.run(endpoint('nobody-home'), { input: { a: 1 } });
    emulator.setFaults([fault]);
    await expect(api.run(endpoint('nobody-home'), { input: { a: 1 } })).rejects.toMatchObject({ code: submitted });
    await expect(api.status(endpoint('nobody-home'), jobId)).rejects.toMatchObject({ code: read });
  });
});
