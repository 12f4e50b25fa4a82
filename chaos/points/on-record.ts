import type { Client } from '@temporalio/client';
import { untilDone } from '../world/runs.js';
import type { CrashPoint } from './points.js';

/** Until the server has on record of the submit of a run what it has to have at a point: what was passed on may be on its way. */
export async function untilOnRecord(client: Client, workflowId: string, point: CrashPoint): Promise<void> {
  await untilDone(client, async () => compare(await onRecord(client, workflowId), workflowId, point));
}

/**
 * The same of a submit whose worker is dead, so that nothing more comes.
 *
 * @throws Error where the server has something else on record.
 */
export async function assertOnRecord(client: Client, workflowId: string, point: CrashPoint): Promise<void> {
  compare(await untilDone(client, () => onRecord(client, workflowId)), workflowId, point);
}

async function onRecord(client: Client, workflowId: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const submit = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'submitJob');
  if (submit === undefined) return 'result';
  const details = Buffer.from(submit.heartbeatDetails?.payloads?.[0]?.data ?? []).toString();
  return /"phase":"(\w+)"/.exec(details)?.[1] ?? 'nothing';
}

function compare(found: string, workflowId: string, { about, onRecord: wanted }: CrashPoint): void {
  if (found === wanted) return;
  throw new Error(`the submit of ${workflowId} is at the point "${about}" with "${found}" on record, not "${wanted}"`);
}
