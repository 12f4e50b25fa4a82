import type { Client } from '@temporalio/client';
import { relayRecords } from '../accounting/records.js';
import type { Lane } from '../lane.js';
import { endRun, startRun } from '../world/runs.js';
import { relayStart } from './definition.js';

const ENDPOINT = 'relay';
const PREFIX = 'relay';

export function relayLane(client: Client, taskQueue: string): Lane {
  return {
    name: 'JobRelay',
    about:
      'pipelines and jobs as a caller starts them, by two workers, with the configuration that is there without a file',
    endpoint: ENDPOINT,
    async start(run) {
      const { exit, exitAfterMs } = run;
      const timeoutMs = exit === 'time-out' ? exitAfterMs : undefined;
      const start = relayStart(run, PREFIX, ENDPOINT);
      await startRun(client, { ...start, taskQueue, ...(timeoutMs !== undefined && { timeoutMs }) });
    },
    end: ({ id, exit }) => endRun(client, `${PREFIX}-${id}`, exit),
    async records(recorded, jobs) {
      const reaps = recorded.filter(({ type }) => type === 'reap');
      const own = recorded.filter(({ rootId }) => rootId.startsWith(`${PREFIX}-`));
      return relayRecords(own, reaps, jobs);
    },
  };
}
