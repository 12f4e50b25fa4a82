import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { createStore, type StoreDriver } from '../../artifacts/index.js';
import { createClient, type JobRelayClient, type Run, RunFailed } from '../../client/index.js';
import { type Config, loadConfig } from '../../config/index.js';
import { type Emulator, type EmulatorOptions, type EndpointDefinition, startEmulator } from '../../emulator/index.js';
import { ENCRYPTION_VARIABLE } from '../../encryption/index.js';
import { startWorker } from '../../worker/index.js';
import { TASK_QUEUE } from '../../workflows/contract.js';

/** A worker and an emulator of a test file's own, on the server that all share. */
export interface Harness {
  readonly emulator: Emulator;
  readonly relay: JobRelayClient;
  /** Knows no keys: it reads what the server keeps. */
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly config: Config;
  /** Folder of the artifacts. */
  readonly stateDir: string;
  /** The one of the configuration. */
  readonly store: StoreDriver;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  readonly endpoints?: Readonly<Record<string, EndpointDefinition>>;
  /** Of the emulator, beside its endpoints. */
  readonly emulator?: EmulatorOptions;
  /** Changes the configuration before the worker gets it. */
  readonly configure?: (config: Config, stateDir: string) => Config;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the worker tells its metrics. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** Of the worker. */
  readonly log?: (line: string) => void;
  /** False where the test starts its own workers. */
  readonly worker?: boolean;
  /** A server of the test's own, with the usual task queue. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { address, namespace } = options.temporal ?? inject('temporal');
  const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-test-'));
  const taskQueue = options.temporal ? TASK_QUEUE : `test-${randomUUID()}`;
  const emulator = await startEmulator({ ...options.emulator, endpoints: options.endpoints ?? {} });
  const env = { ...options.env };
  // A schedule for each test file would stay on the server that all share; what tests it sets it up.
  const loaded: Config = {
    ...(await loadConfig({ env, cwd: stateDir, stateDir, emulatorUrl: emulator.url })),
    reap: 'off',
  };
  const config = options.configure?.(loaded, stateDir) ?? loaded;
  const worker =
    options.worker === false
      ? undefined
      : await startWorker({
          config,
          env,
          temporal: { address, namespace },
          taskQueue,
          workflowBundle: inject('workflowBundle'),
          log: options.log ?? (() => undefined),
          ...(options.metrics && { metrics: options.metrics }),
        });
  const store = createStore(config.artifacts, env);
  const relay = patient(
    await createClient({
      ...{ address, namespace, taskQueue, artifacts: store },
      encryptionKeys: env[ENCRYPTION_VARIABLE] ?? '',
    }),
  );
  const connection = await Connection.connect({ address });
  return {
    emulator,
    relay,
    temporal: new Client({ connection, namespace }),
    taskQueue,
    config,
    stateDir,
    store,
    async stop() {
      await worker?.shutdown();
      await relay.close();
      await store.close();
      await connection.close();
      await emulator.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Its runs wait for an answer longer than a person would: the worker may be busy with other tests. */
function patient(relay: JobRelayClient): JobRelayClient {
  const timeoutMs = 45_000;
  const wait = (run: Run<never>) =>
    Object.create(run, {
      progress: { value: (options?: object) => run.progress({ timeoutMs, ...options }) },
      approve: {
        value: (request: Parameters<typeof run.approve>[0], options?: object) =>
          run.approve(request, { timeoutMs, ...options }),
      },
    });
  return {
    ...relay,
    start: async (...start: Parameters<typeof relay.start>) => wait((await relay.start(...start)) as Run<never>),
    run: async (...run: Parameters<typeof relay.run>) => wait((await relay.run(...run)) as Run<never>),
  } as JobRelayClient;
}

/** Waits for a condition, and says which when it does not come. */
export async function until<T>(what: string, probe: () => T | Promise<T>, withinMs = 50_000): Promise<NonNullable<T>> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await delay(20);
  }
}

/** Starts a run, whatever its input, and returns what it failed with. */
export async function failureOfRun(
  relay: JobRelayClient,
  type: 'job' | 'pipeline',
  input: unknown,
): Promise<RunFailed> {
  const run = await relay.start(type as 'job', input as never);
  return await run.result().then(
    (result) => Promise.reject(new Error(`expected a failure, got ${JSON.stringify(result)}`)),
    (error: unknown) => {
      if (error instanceof RunFailed) return error;
      throw error;
    },
  );
}

/** Everything a run's history holds, payloads decoded, as one text to search. */
export async function historyText(temporal: Client, workflowId: string): Promise<string> {
  const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString());
    else if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(events);
  return texts.join('\n');
}
