import { randomUUID } from 'node:crypto';
import {
  Client,
  type Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  type ArtifactRef,
  type ArtifactStore,
  createStore,
  type StoreDriver,
  type StoreSettings,
} from '../artifacts/index.js';
import { createDataConverter, InvalidEncryptionKeys } from '../encryption/index.js';
import type { JsonObject } from '../job-api/json.js';
import {
  INPUT_DIGEST_MEMO,
  type JobInput,
  type JobResult,
  type PipelineInput,
  type PipelineResult,
  TASK_QUEUE,
} from '../workflows/contract.js';
import { type ConnectOptions, connectToTemporal } from './connect.js';
import { InvalidInput, InvalidSettings, NoArtifactStore } from './errors.js';
import { assertSameStart } from './first-run.js';
import { type CollectOptions, type CollectReport, collectGarbage } from './gc/collect-garbage.js';
import { inputDigest } from './input-digest.js';
import { toJson } from './json-input.js';
import { listRuns, type RunFilter, type RunSummary } from './list-runs.js';
import { prepareInput } from './prepare-input.js';
import { type ReapOptions, type ReapReport, reap } from './reap.js';
import { createRun, type Run } from './run.js';
import type { RunContext } from './run-context.js';
import type { Schedules } from './schedules/api.js';
import { createSchedules } from './schedules/schedules.js';
import { startDetails } from './start-details.js';
import { startSummary } from './start-summary.js';
import { translateError } from './translate-error.js';

export interface ClientOptions extends ConnectOptions {
  /** A connection of your own. `close()` leaves it open; `address` is then only what errors name. */
  readonly connection?: Connection;
  /** Absent: `jobrelay`. */
  readonly taskQueue?: string;
  /**
   * The store that the workers use: its settings, the folder of a file store, or `{ config: file }` for that of a
   * `jobrelay.yaml`. With it, large inputs travel as artifacts, and `artifact()` works. A store of your own is used as it
   * is, and left open by `close()`.
   */
  readonly artifacts?:
    | ArtifactStore
    | StoreDriver
    | StoreSettings
    | { readonly path: string }
    | { readonly config: string };
  /** Keys of payloads, as `JOBRELAY_ENCRYPTION_KEYS` holds them, which is read where this is absent. The workers have the same. */
  readonly encryptionKeys?: string;
}

export interface StartOptions {
  /**
   * A business key: makes the workflow id `<type>:<key>`. A second start with the key returns the first run, also when it
   * has ended, whichever way, for as long as Temporal retains it.
   */
  readonly key?: string;
  /** The whole workflow id, with the same promise; `key` is then not used. */
  readonly workflowId?: string;
  /** One line for people, shown in the Temporal UI. */
  readonly summary?: string;
}

export interface JobRelayClient {
  /**
   * Starts a run and returns as soon as Temporal has it.
   *
   * @throws {InvalidInput} for an input that JSON cannot hold, {@link InputTooLarge} for one that a start cannot carry.
   * @throws {KeyConflict} where the key was used with another input.
   * @example
   * const run = await client.start('job', { endpoint: 'sdxl', input: { prompt: 'a red boat' } }, { key: 'order-17' });
   * const { output } = await run.result();
   */
  start(type: 'job', input: JobInput, options?: StartOptions): Promise<Run<JobResult>>;
  start(type: 'pipeline', input: PipelineInput, options?: StartOptions): Promise<Run<PipelineResult>>;
  /**
   * A run that was started elsewhere.
   *
   * @throws {RunNotFound}
   * @example
   * const run = await client.run<JobResult>('job:order-17');
   */
  run<Result = JobResult | PipelineResult>(workflowId: string, runId?: string): Promise<Run<Result>>;
  /**
   * The runs in the namespace that Temporal retains: jobs, pipelines and workflows of your own that run jobs. Those that
   * run come first, the newest of them at the top; then the closed ones, the last closed at the top. A run is listed some
   * milliseconds after it started.
   *
   * @throws {InvalidInput} where the filter needs a search attribute that the namespace has not registered, or a
   * name with a double quote or a backslash.
   * @example
   * for await (const { workflowId } of client.list({ endpoint: 'sdxl', status: 'running' })) console.log(workflowId);
   */
  list(filter?: RunFilter): AsyncIterable<RunSummary>;
  /**
   * The bytes of an artifact, as results refer to it: `{"$artifact": {…}}` or what is inside.
   *
   * @throws {NoArtifactStore} where the client was made without a store; else what the store throws.
   */
  artifact(ref: ArtifactRef | { readonly $artifact: ArtifactRef }): Promise<Uint8Array>;
  /**
   * Settles jobs that runs of the task queue left behind: runs that were terminated or timed out, and those that did not
   * see a job of theirs end. A worker does so by itself; this is for whoever will not wait, or wants to know. To do it
   * twice, or beside a worker that does, does no harm. Waits for a worker as long as it takes.
   *
   * @example
   * const { outcomes } = await client.reap({ dryRun: true });
   */
  reap(options?: ReapOptions): Promise<ReapReport>;
  /**
   * Removes artifacts that nothing refers to any more: no run that Temporal retains, open or closed, of whatever type, and
   * no schedule. What is younger than a day stays. A second one beside it does no harm.
   *
   * @throws {NoArtifactStore} where the client was not given the settings of a store; {@link UnreadablePayload} where a
   * history cannot be searched, and then nothing was removed.
   * @example
   * const { removed } = await client.collectGarbage({ dryRun: true });
   */
  collectGarbage(options?: CollectOptions): Promise<CollectReport>;
  /** Runs by the clock. */
  readonly schedules: Schedules;
  close(): Promise<void>;
}

/**
 * Connects to Temporal: without options by the standard variables `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY` and `TEMPORAL_TLS_*`.
 *
 * @throws {TemporalUnreachable | AccessDenied}
 * @throws {InvalidSettings} where what is set of Temporal or of encryption cannot be used
 * @example
 * const client = await createClient({ artifacts: { path: '.jobrelay/artifacts' } });
 */
export async function createClient(options: ClientOptions = {}): Promise<JobRelayClient> {
  const dataConverter = converterOf(options);
  const { connection, address, namespace } = await openConnection(options);
  const { store, closeStore } = await openStore(options.artifacts);
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const client = new Client({ connection, namespace, dataConverter });
  const converter = client.options.loadedDataConverter;
  const { workflow: workflows } = client;

  const context: RunContext = {
    connection,
    address,
    namespace,
    taskQueue,
    store,
    converter,
    handle: (workflowId, runId) => workflows.getHandle(workflowId, runId),
  };

  async function describe(workflowId: string, runId?: string): Promise<WorkflowExecutionDescription> {
    try {
      return await workflows.getHandle(workflowId, runId).describe();
    } catch (error) {
      throw translateError(error, { address, namespace, workflowId });
    }
  }

  async function startRun(type: string, input: JobInput | PipelineInput, options: StartOptions): Promise<Run<unknown>> {
    const { key, summary, workflowId = `${type}:${key ?? randomUUID()}` } = options;
    const isRepeatable = key !== undefined || options.workflowId !== undefined;
    // An empty shell variable would otherwise make all runs one.
    if (key === '' || workflowId === '') throw new InvalidInput('key', 'is empty');
    const runInput = toJson(input) as JsonObject;
    // A list of 1,000 items takes a millisecond, which nobody would ask for.
    const digest = isRepeatable ? inputDigest(runInput) : undefined;
    try {
      const handle = await workflows.start(type, {
        workflowId,
        taskQueue,
        args: [await prepareInput(runInput, store)],
        ...(digest !== undefined && { memo: { [INPUT_DIGEST_MEMO]: digest } }),
        staticSummary: startSummary(type, runInput, summary),
        staticDetails: startDetails(runInput, key),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
      });
      return createRun(workflowId, handle.firstExecutionRunId, context);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw translateError(error, { address, namespace });
      const first = await describe(workflowId);
      // What has an id of our own making is this very start, sent again.
      if (digest !== undefined) await assertSameStart({ type, digest, first, connection, namespace, converter });
      return createRun(workflowId, first.runId, context);
    }
  }

  return {
    // One implementation for the overloads: what the result is follows from the type.
    start: (type: string, input: JobInput | PipelineInput, options: StartOptions = {}) =>
      startRun(type, input, options) as Promise<Run<never>>,
    async run<Result>(workflowId: string, runId?: string) {
      const { runId: current } = await describe(workflowId, runId);
      return createRun<Result>(workflowId, current, context);
    },
    list: (filter = {}) => listRuns(filter, { workflows, connection, address, namespace }),
    reap: (options = {}) => reap(options, { client, address, namespace, taskQueue }),
    async artifact(ref) {
      if (store === undefined) throw new NoArtifactStore();
      return store.get('$artifact' in ref ? ref.$artifact.sha256 : ref.sha256);
    },
    async collectGarbage(options = {}) {
      if (store === undefined || !('list' in store)) throw new NoArtifactStore();
      const codecs = dataConverter.payloadCodecs ?? [];
      return collectGarbage(options, { client, codecs, store, address, namespace });
    },
    schedules: createSchedules({ connection, address, namespace, taskQueue, store, dataConverter }),
    async close() {
      await closeStore();
      if (options.connection === undefined) await connection.close();
    },
  };
}

function converterOf({ encryptionKeys }: ClientOptions): DataConverter {
  try {
    return createDataConverter(encryptionKeys);
  } catch (error) {
    if (error instanceof InvalidEncryptionKeys) throw new InvalidSettings(error.message, { cause: error });
    throw error;
  }
}

async function openConnection(options: ClientOptions) {
  const { connection, address, namespace = 'default' } = options;
  if (connection === undefined) return connectToTemporal(options);
  return { connection, address: address ?? connection.options.address, namespace };
}

async function openStore(
  artifacts: ClientOptions['artifacts'],
): Promise<{ readonly store: ArtifactStore | StoreDriver | undefined; readonly closeStore: () => Promise<void> }> {
  if (artifacts === undefined || 'put' in artifacts) return { store: artifacts, closeStore: async () => {} };
  const store = createStore(await settingsOf(artifacts));
  return { store, closeStore: () => store.close() };
}

async function settingsOf(
  given: StoreSettings | { readonly path: string } | { readonly config: string },
): Promise<StoreSettings> {
  if ('driver' in given) return given;
  if ('path' in given) return { driver: 'file', path: given.path };
  const { loadConfig } = await import('../config/index.js');
  return (await loadConfig({ file: given.config })).artifacts;
}
