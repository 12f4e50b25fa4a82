import { describe, expect, onTestFinished, test } from 'vitest';
import { type Emulator, type EmulatorOptions, type Fault, startEmulator } from '../../../emulator/index.js';
import { createJobApi, type JobApi, type JobApiOptions } from '../../../job-api/index.js';

type Dialect = NonNullable<JobApiOptions['provider']['dialect']>;

interface Way {
  readonly name: string;
  readonly dialect: Dialect;
  readonly path: string;
  /** Before the endpoint's id. */
  readonly prefix: string;
  readonly options: EmulatorOptions;
}

const ENVELOPED: Way = {
  name: 'SubModel in envelopes and lower case',
  dialect: 'submodel',
  path: '/v1/sl',
  prefix: '',
  options: { submodel: { enveloped: true, lowerCaseStatuses: true } },
};

/** How each dialect comes to the emulator's endpoints. */
const WAYS: readonly Way[] = [
  { name: 'RunPod', dialect: 'runpod', path: '/v2', prefix: '', options: {} },
  { name: 'SubModel', dialect: 'submodel', path: '/v1/sl', prefix: '', options: {} },
  ENVELOPED,
  { name: 'the gateway', dialect: 'gateway', path: '/v1/runpod', prefix: 'images/', options: {} },
];

interface Connected {
  readonly emulator: Emulator;
  readonly api: JobApi;
}

async function connect({ dialect, path, options }: Way): Promise<Connected> {
  const emulator = await startEmulator(options);
  const provider = { name: 'emulated', dialect, baseUrl: `${emulator.url}${path}` };
  const api = createJobApi({ provider, apiKey: 'any-key' });
  onTestFinished(async () => {
    await api.close();
    await emulator.close();
  });
  return { emulator, api };
}

test('SubModel is understood in envelopes and lower case', async () => {
  const { api } = await connect(ENVELOPED);
  const job = await api.runSync('count', { input: { to: 2 } });
  expect(job).toMatchObject({ status: 'COMPLETED', output: [1, 2] });
  expect(await api.status('count', job.jobId)).toMatchObject({ jobId: job.jobId, status: 'COMPLETED' });
  const { chunks } = await api.stream('count', job.jobId);
  expect(chunks.map(({ output }) => output)).toEqual([1, 2]);
  await expect(api.status('count', 'nope')).rejects.toMatchObject({ code: 'JobNotFound' });
});

describe.each(WAYS)('the client through $name', (way) => {
  const endpoint = (id: string) => `${way.prefix}${id}`;

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
