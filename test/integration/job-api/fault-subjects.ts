/** What each operation is tried on, and whether it happened there. */

import { setImmediate as turn } from 'node:timers/promises';
import { vi } from 'vitest';
import {
  type Emulator,
  type EmulatorOptions,
  type EndpointDefinition,
  startEmulator,
  TestClock,
} from '../../../emulator/index.js';
import { createJobApi, type JobApi, JobApiError, type Operation, type ReportedJob } from '../../../job-api/index.js';
import type { WayName } from './fault-rules.js';

interface Way {
  readonly dialect: 'runpod' | 'submodel' | 'gateway';
  readonly path: string;
  readonly prefix: string;
  readonly options: EmulatorOptions;
}

export const WAYS: Readonly<Record<WayName, Way>> = {
  runpod: { dialect: 'runpod', path: '/v2', prefix: '', options: {} },
  submodel: { dialect: 'submodel', path: '/v1/sl', prefix: '', options: {} },
  'submodel-enveloped': {
    dialect: 'submodel',
    path: '/v1/sl',
    prefix: '',
    options: { submodel: { enveloped: true, lowerCaseStatuses: true } },
  },
  gateway: { dialect: 'gateway', path: '/v1/runpod', prefix: 'images/', options: {} },
};

const forever = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

const WORKERS = 1_000;
const ENDPOINTS: Readonly<Record<string, EndpointDefinition>> = {
  work: {
    workers: WORKERS,
    async handler() {
      // Two turns of the event loop, in the first of which a worker is lost that is to be.
      await turn();
      await turn();
      return { done: true };
    },
  },
  wait: { workers: WORKERS, handler: (_input, { signal }) => forever(signal) },
  tell: { workers: WORKERS, handler: () => ['a', 'b'].values() as Generator<string> },
  'fail-once': {
    workers: WORKERS,
    handler(_input, { attempt, signal }) {
      if (attempt === 1) throw new Error('no');
      return forever(signal);
    },
  },
};

export interface Emulated {
  readonly emulator: Emulator;
  readonly clock: TestClock;
  readonly api: JobApi;
  /** As the dialect names an endpoint. */
  nameOf(endpointId: string): string;
  close(): Promise<void>;
}

export async function startEmulated(name: WayName): Promise<Emulated> {
  const { dialect, path, prefix, options } = WAYS[name];
  const clock = new TestClock({ running: true });
  const emulator = await startEmulator({ ...options, endpoints: ENDPOINTS, clock, log: () => {} });
  const api = createJobApi({ provider: { name, dialect, baseUrl: `${emulator.url}${path}` }, apiKey: 'any' });
  return {
    ...{ emulator, clock, api },
    nameOf: (endpointId) => `${prefix}${endpointId}`,
    async close() {
      await api.close();
      await emulator.close();
    },
  };
}

/** One operation, ready to be asked for. */
export interface Subject {
  readonly operation: Operation;
  ask(timeoutMs: number | undefined): Promise<string>;
  /** Whether it happened; absent where it changes nothing that shows. */
  readonly happened?: () => boolean;
}

let queues = 0;

/** A subject for each operation, none of which another one touches. */
export async function subjectsOf({ emulator, api, nameOf }: Emulated): Promise<readonly Subject[]> {
  const jobOn = async (endpointId: string) => (await api.run(nameOf(endpointId), { input: { a: 1 } })).jobId;
  const statusOf = (jobId: string) => emulator.jobs().find(({ id }) => id === jobId)?.status;
  const countOn = (endpoint: string) => emulator.jobs().filter((job) => job.endpoint === endpoint).length;
  queues += 1;
  const queue = `queue-${queues}`;
  const asked = { run: `run-${queues}`, sync: `sync-${queues}` };
  for (const endpoint of Object.values(asked)) emulator.register(endpoint, ENDPOINTS.work ?? {});
  const [ended, polled, told, running, failed, queued] = await Promise.all(
    ['work', 'work', 'tell', 'wait', 'fail-once', queue].map(jobOn),
  );
  const ids = { ended, polled, told, running, failed, queued } as Readonly<Record<string, string>>;
  const id = (name: string) => ids[name] ?? '';
  await settled(() => {
    const done = [id('ended'), id('polled'), id('told')].every((jobId) => statusOf(jobId) === 'COMPLETED');
    return done && statusOf(id('running')) === 'IN_PROGRESS' && statusOf(id('failed')) === 'FAILED';
  });
  const options = (timeoutMs: number | undefined) => (timeoutMs === undefined ? {} : { timeoutMs });
  const input = { input: { a: 1 } };
  return [
    {
      operation: 'run',
      ask: (timeoutMs) => inWords(api.run(nameOf(asked.run), input, options(timeoutMs))),
      happened: () => countOn(asked.run) === 1,
    },
    {
      operation: 'runSync',
      ask: (timeoutMs) => inWords(api.runSync(nameOf(asked.sync), input, { waitMs: 20_000, ...options(timeoutMs) })),
      happened: () => countOn(asked.sync) === 1,
    },
    { operation: 'status', ask: (timeoutMs) => inWords(api.status(nameOf('work'), id('ended'), options(timeoutMs))) },
    {
      operation: 'statusSync',
      ask: (timeoutMs) =>
        inWords(api.statusSync(nameOf('work'), id('polled'), { waitMs: 20_000, ...options(timeoutMs) })),
    },
    {
      operation: 'stream',
      ask: (timeoutMs) =>
        inWords(
          api
            .stream(nameOf('tell'), id('told'), { waitMs: 20_000, ...options(timeoutMs) })
            .then(({ chunks, status }) => `${chunks.length} chunks, ${status ?? 'no status'}`),
        ),
    },
    {
      operation: 'cancel',
      ask: (timeoutMs) => inWords(api.cancel(nameOf('wait'), id('running'), options(timeoutMs))),
      happened: () => statusOf(id('running')) === 'CANCELLED',
    },
    {
      operation: 'retry',
      ask: (timeoutMs) => inWords(api.retry(nameOf('fail-once'), id('failed'), options(timeoutMs))),
      happened: () => ['IN_QUEUE', 'IN_PROGRESS'].includes(statusOf(id('failed')) ?? ''),
    },
    {
      operation: 'purgeQueue',
      ask: (timeoutMs) =>
        inWords(api.purgeQueue(nameOf(queue), options(timeoutMs)).then(({ removed }) => `removes ${removed}`)),
      happened: () => statusOf(id('queued')) !== 'IN_QUEUE',
    },
    {
      operation: 'health',
      ask: (timeoutMs) =>
        inWords(
          api
            .health(nameOf('work'), options(timeoutMs))
            .then(({ jobs, workers }) => `counts ${Object.keys({ ...jobs, ...workers }).length}`),
        ),
    },
  ];
}

/** Waits for what the emulator is about to do by itself. */
export async function settled(condition: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error('the emulator has not come so far');
    },
    { timeout: 45_000, interval: 2 },
  );
}

/** What a call came to, on one line. Anything but a typed error is thrown on. */
async function inWords(call: Promise<string | ReportedJob>): Promise<string> {
  try {
    const value = await call;
    return typeof value === 'string' ? value : jobInWords(value);
  } catch (error) {
    if (!(error instanceof JobApiError)) throw error;
    const { code, retryable, retryAfterMs } = error;
    return [
      code,
      ...(code === 'Unauthorized' && retryable ? ['may pass'] : []),
      ...(retryAfterMs === undefined ? [] : [`in ${retryAfterMs} ms`]),
    ].join(', ');
  }
}

function jobInWords({ status, output, retries = 0 }: ReportedJob): string {
  return [
    status,
    ...(status === 'COMPLETED' && output === undefined ? ['without output'] : []),
    ...(retries > 0 ? [`dispatched ${retries} time anew`] : []),
  ].join(', ');
}
