import { Context, getClient } from '@temporalio/activity';
import { type ArtifactStore, type StreamLog, sealLog, toStreamLog } from '../artifacts/index.js';
import type { StreamHeartbeat } from '../workflows/contract.js';
import { heartbeatOf } from './own-run.js';

/**
 * What the reader of a stream has kept, though the job is no longer wanted and nobody waits for the reader: asked before
 * the job is settled and after, since the reader goes away in between, having read some more.
 */
export async function withKeptLog<T extends object>(
  streamedBy: string | undefined,
  store: ArtifactStore,
  settle: () => Promise<T>,
): Promise<T & { readonly log?: StreamLog }> {
  const run = Context.current().info.workflowExecution;
  if (streamedBy === undefined || run === undefined) return await settle();
  const ask = async () =>
    toStreamLog((Object(await heartbeatOf(getClient(), run, streamedBy)) as Partial<StreamHeartbeat>).log);
  const before = await ask();
  const settled = await settle();
  const after = await ask();
  const log = (after?.entries ?? -1) > (before?.entries ?? -1) ? after : before;
  return log === undefined ? settled : { ...settled, log: await sealLog(log, store) };
}
