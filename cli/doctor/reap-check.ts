import { Client, ScheduleNotFoundError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { TemporalConnection } from '../../client/connect.js';
import { formatDuration } from '../../client/schedules/format-duration.js';
import type { Config } from '../../config/index.js';
import { reapScheduleId } from '../../workflows/contract.js';
import { checkNamed, type Finding } from './finding.js';

/** What there is of the schedule of `reap`. */
export type ReapSchedule = 'none' | { readonly paused: boolean; readonly everyMs?: number };

/** Whether the jobs of runs that were terminated are looked for, and before Temporal forgets the runs. */
export async function checkReap(
  { connection, namespace }: TemporalConnection,
  taskQueue: string,
  retentionMs: number,
  reap: Config['reap'],
  dataConverter: DataConverter,
): Promise<Finding> {
  const handle = new Client({ connection, namespace, dataConverter }).schedule.getHandle(reapScheduleId(taskQueue));
  const schedule = await handle.describe().then(
    ({ state, spec }): ReapSchedule => {
      const everyMs = spec.intervals?.[0]?.every;
      return { paused: state.paused, ...(everyMs !== undefined && { everyMs }) };
    },
    (error: unknown): ReapSchedule => {
      if (error instanceof ScheduleNotFoundError) return 'none';
      throw error;
    },
  );
  return judgeReap(schedule, retentionMs, reap, reapScheduleId(taskQueue));
}

/** A pass that failed, as it may while something is down, must leave time for the next. */
const PASSES_WITHIN_RETENTION = 2;

export function judgeReap(schedule: ReapSchedule, retentionMs: number, reap: Config['reap'], id: string): Finding {
  const { ok, warn } = checkNamed('reap');
  if (reap === 'off') return ok('off in the configuration: jobs of terminated runs may go on until their ttl');
  if (schedule === 'none') {
    return warn(
      'no schedule yet: jobs of terminated runs may go on until their ttl',
      'a worker sets it up when it starts; else run `jobrelay reap` now and then',
    );
  }
  if (schedule.paused) {
    return warn(
      `the schedule ${id} is paused: only workers that see a run terminated start it`,
      `resume it: temporal schedule toggle --schedule-id ${id} --unpause --reason "reap"`,
    );
  }
  const { everyMs } = schedule;
  if (everyMs === undefined) return ok(`the schedule ${id} is there, with times of its own`);
  const [every, retention] = [formatDuration(everyMs), formatDuration(retentionMs)];
  if (retentionMs > 0 && retentionMs < PASSES_WITHIN_RETENTION * everyMs) {
    return warn(
      `looks every ${every}, and the namespace forgets a run ${retention} after its close: its jobs would not be found`,
      'make the retention of the namespace longer (`temporal operator namespace update --retention`), or the schedule more frequent',
    );
  }
  return ok(`looks for the jobs of terminated runs every ${every}; the namespace retains runs for ${retention}`);
}
