import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import type { Config } from '../config/index.js';
import { createDataConverter, ENCRYPTION_VARIABLE } from '../encryption/index.js';
import { TASK_QUEUE } from '../workflows/contract.js';
import { openArtifactServer } from './artifact-server.js';
import { createAwaitWorker, SHUTDOWN } from './await-worker.js';
import { type Deployment, deploymentOptions } from './deployment.js';
import { createDeps } from './deps.js';
import type { Listening } from './listen-once.js';
import { startReaper } from './reaper.js';
import { installRuntime, type MetricsAddress } from './runtime.js';
import { registerSearchAttributes } from './search-attributes.js';
import { openSharedLimits } from './shared-limits.js';
import { connect, type TemporalOptions, temporalTarget } from './temporal.js';
import { openWebhooks } from './webhooks/index.js';
import { workflowBundleFor } from './workflow-bundle.js';

export interface StartWorkerOptions {
  readonly config: Config;
  readonly temporal?: TemporalOptions;
  /** Where the API keys, `$secret` leaves and the keys of payloads are read; the process environment where absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lines for an operator, with no newline; standard error where absent. */
  readonly log?: (line: string) => void;
  /** `jobrelay` where absent. A fleet on another queue is complete in itself: jobs are awaited on `<taskQueue>-await`. */
  readonly taskQueue?: string;
  /**
   * Where Prometheus may ask for its metrics, at `/metrics`. Absent: nothing listens. Of several workers in a process, the
   * first decides.
   */
  readonly metrics?: MetricsAddress;
  /** Path of the bundled workflows; the one built with the package where absent. */
  readonly workflowBundle?: string;
  /** Absent: it takes whatever runs there are, whichever release they began on. */
  readonly deployment?: Deployment;
}

export interface RunningWorker {
  /** Where it listens for webhooks, such as `http://127.0.0.1:8090`; absent where it does not. */
  readonly webhooks?: string;
  /** Where it serves artifacts, such as `http://127.0.0.1:8091`; absent where it does not. */
  readonly artifacts?: string;
  /** Settles when the worker has stopped; rejects if it failed. */
  readonly done: Promise<void>;
  /**
   * Stops taking work and lets what runs finish: a submit that is under way gets its answer, and a waiting job is left
   * for the next worker. No remote job is cancelled.
   */
  shutdown(): Promise<void>;
}

/** Runs kept in memory; one costs about 27 KiB (temporal.md 0.6), and a run that falls out is replayed. */
const CACHED_WORKFLOWS = 500;

/**
 * Connects to Temporal and works on both task queues until `shutdown`. Resolves once the workers poll.
 *
 * @throws {ConfigError} {@link InvalidEncryptionKeys}, and where no server answers
 */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  installRuntime(log, options.metrics);
  const env = options.env ?? process.env;
  const dataConverter = createDataConverter(env[ENCRYPTION_VARIABLE] ?? '');
  const target = temporalTarget(options.temporal);
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const sharedLimits = await openSharedLimits(options.config, env, log);
  const connection = await connect(target).catch(async (error: unknown) => {
    await sharedLimits?.close();
    throw error;
  });
  const { namespace } = target;
  const webhooks = await openWebhooks(options.config, { env, connection, namespace, dataConverter, log }).catch(
    async (error: unknown) => {
      await sharedLimits?.close();
      await connection.close();
      throw error;
    },
  );
  const attributes = registerSearchAttributes(connection, namespace, log);
  const deps = createDeps(options.config, env, () => attributes, sharedLimits, webhooks, log);
  let artifacts: Listening | undefined;
  const close = async () => {
    await webhooks?.close();
    await artifacts?.close();
    await deps.close();
    await connection.close();
  };

  try {
    artifacts = await openArtifactServer(options.config, { env, store: deps.store, log });
    const workers = await createWorkers({ ...options, taskQueue, dataConverter }, connection, namespace, deps);
    const runs = workers.map((worker) => worker.run());
    const reaper = startReaper({
      connection,
      namespace,
      taskQueue,
      reapTaskQueue: taskQueue,
      config: options.config,
      dataConverter,
      searchAttributes: deps.searchAttributes,
      log,
    });
    // One that fails takes the other with it: half a worker would submit jobs and never await them.
    const done = Promise.all(runs.map((run) => run.catch((error: unknown) => stopAll(workers, error))))
      .then(() => undefined)
      .finally(() => {
        reaper.stop();
        return close();
      });
    done.catch(() => undefined);
    return {
      done,
      ...(webhooks?.url !== undefined && { webhooks: webhooks.url }),
      ...(artifacts !== undefined && { artifacts: artifacts.url }),
      async shutdown() {
        for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
        await done;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createWorkers(
  {
    taskQueue,
    workflowBundle,
    dataConverter,
    deployment,
  }: StartWorkerOptions & { readonly taskQueue: string; readonly dataConverter: DataConverter },
  connection: NativeConnection,
  namespace: string,
  deps: ReturnType<typeof createDeps>,
): Promise<Worker[]> {
  const common = {
    ...{ connection, namespace, dataConverter, activities: createActivities(deps) },
    ...(deployment && { workerDeploymentOptions: deploymentOptions(deployment) }),
  };
  return await Promise.all([
    Worker.create({
      ...common,
      ...SHUTDOWN,
      taskQueue,
      workflowBundle: await workflowBundleFor(dataConverter, workflowBundle),
      maxCachedWorkflows: CACHED_WORKFLOWS,
      activityTaskPollerBehavior: { type: 'autoscaling' },
      workflowTaskPollerBehavior: { type: 'autoscaling' },
    }),
    createAwaitWorker({ ...common, taskQueue }),
  ]);
}

function stopAll(workers: readonly Worker[], error: unknown): never {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  throw error;
}
