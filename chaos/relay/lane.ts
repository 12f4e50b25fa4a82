import type { Client } from '@temporalio/client';
import { relayRecords } from '../accounting/records.js';
import type { Judged, Lane } from '../lane.js';
import { LATE_ENDPOINT, POINT_PREFIX, POINTS_ENDPOINT } from '../points/points.js';
import { endRun, startRun } from '../world/runs.js';
import { relayStart } from './definition.js';

const ENDPOINT = 'relay';
const PREFIX = 'relay';

export function relayLane(client: Client, taskQueue: string): Lane {
  return {
    ...judged(PREFIX, [ENDPOINT]),
    name: 'JobRelay',
    about:
      'The workflows `pipeline` and `job` as any caller starts them, on two workers whose configuration is the built-in one.',
    async start(run) {
      const { exit, exitAfterMs } = run;
      const timeoutMs = exit === 'time-out' ? exitAfterMs : undefined;
      const start = relayStart(run, PREFIX, ENDPOINT);
      await startRun(client, { ...start, taskQueue, ...(timeoutMs !== undefined && { timeoutMs }) });
    },
    end: ({ id, exit }) => endRun(client, `${PREFIX}-${id}`, exit),
  };
}

/** The runs whose workers were killed at crash points. */
export const POINTS: Judged = judged(POINT_PREFIX, [POINTS_ENDPOINT, LATE_ENDPOINT]);

function judged(prefix: string, endpoints: readonly string[]): Judged {
  return {
    endpoints,
    async records(recorded, jobs) {
      const reaps = recorded.filter(({ type }) => type === 'reap');
      return relayRecords(
        recorded.filter(({ rootId }) => rootId.startsWith(`${prefix}-`)),
        reaps,
        jobs,
      );
    },
  };
}
