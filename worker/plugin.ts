import { NativeConnection, type Worker, type WorkerOptions, type WorkerPlugin } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { type Config, loadConfig } from '../config/index.js';
import { createDataConverter, ENCRYPTION_VARIABLE } from '../encryption/index.js';
import { awaitTaskQueueOf } from '../workflows/contract.js';
import { openArtifactServer } from './artifact-server.js';
import { createAwaitWorker } from './await-worker.js';
import { createDeps } from './deps.js';
import { startReaper } from './reaper.js';
import { registerSearchAttributes } from './search-attributes.js';
import { openSharedLimits } from './shared-limits.js';
import { connect, temporalTarget } from './temporal.js';
import { openWebhooks } from './webhooks/index.js';
import { workflowBundleFor } from './workflow-bundle.js';

export interface PluginOptions {
  /** Default: that of `loadConfig`, read when the worker is created. */
  readonly config?: Config;
  /** Where the API keys and `$secret` leaves are read; the process environment where absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lines for an operator, with no newline; standard error where absent. */
  readonly log?: (line: string) => void;
}

/**
 * Makes a worker of your own one that runs jobs: `executeJob` and the workflows of `jobrelay/workflows` work on it. It
 * brings the activities, registers the search attributes where it may, and runs a second worker for what waits, on
 * `<taskQueue>-await`, for as long as yours runs. A worker without a `connection` connects by the standard variables.
 *
 * Payloads are encrypted with the keys of `JOBRELAY_ENCRYPTION_KEYS`, where there are any and the worker has no data converter of its own.
 *
 * Put it last: it takes connection, namespace and data converter as those before it left them. One plugin may serve several workers.
 *
 * @experimental as are plugins in Temporal's SDK.
 * @throws (from `Worker.create`) {ConfigError}; where an activity has the name of one of ours; where no server answers.
 * @example
 * const worker = await Worker.create({
 *   taskQueue: 'captions',
 *   workflowsPath: fileURLToPath(import.meta.resolve('./workflows.js')),
 *   plugins: [jobRelayPlugin()],
 * });
 * await worker.run();
 */
export function jobRelayPlugin(options: PluginOptions = {}): WorkerPlugin {
  const { env = process.env, log = (line) => process.stderr.write(`${line}\n`) } = options;
  /** Activities of the await workers, which a plugin on the connection is asked to configure too. */
  const complete = new WeakSet<object>();

  return {
    name: 'jobrelay',
    async configureWorker(given: WorkerOptions): Promise<WorkerOptions> {
      if (given.activities !== undefined && complete.has(given.activities)) return given;
      const config = options.config ?? (await loadConfig({ env }));
      const { connection, namespace, closeConnection } = await connectionOf(given);
      // One of the author's own has the say, with codecs of its own.
      const dataConverter = given.dataConverter ?? createDataConverter(env[ENCRYPTION_VARIABLE] ?? '');
      const open = async () => ({
        webhooks: await openWebhooks(config, { env, connection, namespace, dataConverter, log }),
        sharedLimits: await openSharedLimits(config, env, log),
      });
      const { webhooks, sharedLimits } = await open().catch(async (error: unknown) => {
        await closeConnection();
        throw error;
      });
      const attributes = registerSearchAttributes(connection, namespace, log);
      const deps = createDeps(config, env, () => attributes, sharedLimits, webhooks);
      const close = async () => {
        await webhooks?.close();
        await deps.close();
        await closeConnection();
      };
      const artifacts = await openArtifactServer(config, { env, store: deps.store, log }).catch(
        async (error: unknown) => {
          await close();
          throw error;
        },
      );
      const activities = createActivities(deps);
      complete.add(activities);

      const runBoth = (worker: Worker, next: (worker: Worker) => Promise<void>) => {
        const { taskQueue, identity, workerDeploymentOptions } = given;
        const reaper = startReaper({
          ...{ connection, namespace, taskQueue, config, dataConverter, log, searchAttributes: deps.searchAttributes },
          reapTaskQueue: awaitTaskQueueOf(taskQueue),
        });
        return runBeside(worker, next, async () =>
          createAwaitWorker({
            connection,
            namespace,
            activities,
            taskQueue,
            dataConverter,
            ...(identity !== undefined && { identity }),
            // Of the same release, so that what its runs begin it also awaits.
            ...(workerDeploymentOptions && { workerDeploymentOptions }),
            // For `reap`: the worker beside has the workflows of its author, and no others.
            ...(config.reap !== 'off' && { workflowBundle: await workflowBundleFor(dataConverter) }),
          }),
        ).finally(async () => {
          reaper.stop();
          await artifacts?.close();
          await close();
        });
      };
      return {
        ...given,
        connection,
        namespace,
        dataConverter,
        activities: { ...distinct(given.activities, activities), ...activities },
        // A plugin for this worker alone, since `runWorker` is not told which options its worker was made with.
        plugins: [...(given.plugins ?? []), { name: 'jobrelay-await', runWorker: runBoth }],
      };
    },
  };
}

async function connectionOf({ connection, namespace }: WorkerOptions): Promise<{
  readonly connection: NativeConnection;
  readonly namespace: string;
  closeConnection(): Promise<void>;
}> {
  if (connection !== undefined) {
    if (!(connection instanceof NativeConnection)) {
      throw new TypeError(
        'the connection is of another copy of @temporalio/worker than that of jobrelay; see "npm ls @temporalio/worker"',
      );
    }
    return { connection, namespace: namespace ?? 'default', closeConnection: async () => undefined };
  }
  const target = temporalTarget(namespace === undefined ? {} : { namespace });
  const made = await connect(target);
  return { connection: made, namespace: target.namespace, closeConnection: () => made.close() };
}

/** @throws {TypeError} where one would replace another. */
function distinct(given: object | undefined, ours: object): object | undefined {
  const taken = Object.keys(given ?? {}).filter((name) => name in ours);
  if (taken.length === 0) return given;
  throw new TypeError(
    `the worker has activities named ${taken.join(', ')}, as jobrelay's are; rename yours, or use jobRelayPlugin once`,
  );
}

/**
 * Runs a worker with a second one beside it. Either takes the other with it: half of them would submit jobs and never await them.
 * The second is made here, not when the first is: a worker that is created and never run would keep its connection open.
 */
async function runBeside(
  worker: Worker,
  next: (worker: Worker) => Promise<void>,
  createSecond: () => Promise<Worker>,
): Promise<void> {
  // At once, since callers count on a worker to be running when `run` returns. What waits can wait for its worker.
  const first = next(worker);
  const second = createSecond().then(
    async (made) => {
      const running = made.run();
      first.finally(() => stop(made)).catch(() => undefined);
      await running.finally(() => stop(worker));
    },
    (error: unknown) => {
      stop(worker);
      throw error;
    },
  );
  const ends = await Promise.allSettled([first, second]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function stop(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}
