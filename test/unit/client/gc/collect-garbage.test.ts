import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileStore, type StoreDriver } from '../../../../artifacts/index.js';
import { collectGarbage } from '../../../../client/gc/collect-garbage.js';

let folder: string;
let store: StoreDriver;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'collect-'));
  store = createFileStore({ root: folder });
});
afterEach(() => rm(folder, { recursive: true }));

/** A namespace with a run on each of two pages of its list; the first has a history that cannot be read. */
function twoPages(): Client {
  let told = (): void => undefined;
  const failureIsSettled = new Promise<void>((resolve) => {
    told = resolve;
  });
  const workflowService = {
    async listWorkflowExecutions({ nextPageToken }: { readonly nextPageToken?: Uint8Array }) {
      if (nextPageToken === undefined) {
        return { executions: [{ execution: { workflowId: 'a', runId: 'a' } }], nextPageToken: Buffer.from('more') };
      }
      await failureIsSettled;
      return { executions: [{ execution: { workflowId: 'b', runId: 'b' } }] };
    },
    async describeWorkflowExecution({ execution }: { readonly execution: { readonly runId: string } }) {
      if (execution.runId === 'b') return {};
      setImmediate(told);
      throw new Error('its history is away');
    },
    getWorkflowExecutionHistory: async () => ({ history: { events: [] } }),
    listSchedules: async () => ({ schedules: [] }),
  };
  return { connection: { workflowService }, options: { namespace: 'default' } } as unknown as Client;
}

test('a history that cannot be read while the next page of runs is on its way keeps all that is stored', async () => {
  const { sha256 } = await store.put(Buffer.from('needed by the run that was not read'));
  const collected = collectGarbage(
    { force: true, olderThanMs: -60_000 },
    { client: twoPages(), codecs: [], store, address: '127.0.0.1:7233', namespace: 'default' },
  );
  await expect(collected).rejects.toThrow('its history is away');
  expect(Buffer.from(await store.get(sha256)).toString()).toContain('needed');
});
