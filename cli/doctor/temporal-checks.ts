import type { DataConverter } from '@temporalio/common';
import { type ConnectOptions, connectToTemporal, type TemporalConnection } from '../../client/connect.js';
import { ClientError } from '../../client/errors.js';
import { translateError } from '../../client/translate-error.js';
import type { Config } from '../../config/index.js';
import { awaitTaskQueueOf, SEARCH_ATTRIBUTES } from '../../workflows/contract.js';
import { hasPoller } from '../task-queue-pollers.js';
import { checkNamed, type Finding } from './finding.js';
import { checkReap } from './reap-check.js';

/** Temporal, and what its namespace needs: the rest is asked only where it answers. */
export async function checkTemporal(
  options: ConnectOptions,
  taskQueue: string,
  reap: Config['reap'],
  dataConverter: DataConverter,
): Promise<Finding[]> {
  const { ok, fail } = checkNamed('temporal');
  let temporal: TemporalConnection | undefined;
  try {
    temporal = await connectToTemporal(options);
    const { connection, address, namespace } = temporal;
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    let retentionMs: number;
    try {
      const { config } = await connection.workflowService.describeNamespace({ namespace });
      retentionMs = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
    } catch (error) {
      throw translateError(error, temporal);
    }
    const reachable = ok(`${address}, server ${serverVersion}, namespace ${namespace}`);
    return [
      reachable,
      ...(await checkWorkers(temporal, taskQueue)),
      await checkSearchAttributes(temporal),
      await checkReap(temporal, taskQueue, retentionMs, reap, dataConverter),
    ];
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return [fail(error.message)];
  } finally {
    await temporal?.connection.close();
  }
}

async function checkWorkers(temporal: TemporalConnection, taskQueue: string): Promise<Finding[]> {
  const queues = [
    { taskQueue, kind: 'workflow' },
    { taskQueue: awaitTaskQueueOf(taskQueue), kind: 'activity' },
  ] as const;
  return Promise.all(
    queues.map(async (queue) => {
      const { ok, warn } = checkNamed(`worker on ${queue.taskQueue}`);
      return (await hasPoller(temporal, queue))
        ? ok('polls')
        : warn('none polls: runs would wait', 'start one with `jobrelay worker`, or all of it with `jobrelay dev`');
    }),
  );
}

async function checkSearchAttributes({ connection, namespace }: TemporalConnection): Promise<Finding> {
  const { ok, warn } = checkNamed('search-attributes');
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  if (missing.length === 0) return ok('all registered');
  return warn(
    `not registered: ${missing.join(', ')}; runs go without`,
    'a worker registers them where it may; else have the operator of the namespace do it',
  );
}
