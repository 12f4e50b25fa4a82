import { Session } from 'node:inspector/promises';

const COLLECT = 'HeapProfiler.collectGarbage';

/**
 * What collects the garbage of this process, that of its threads too: workflows run in threads, whose heaps grow by a
 * hundred MiB before V8 sees to them by itself. By the inspector, which reaches them all, and opens no port here.
 */
export async function openCollector(): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  const threads = new Set<string>();
  const waiting = new Map<number, () => void>();
  session.on('NodeWorker.attachedToWorker', ({ params }) => threads.add(params.sessionId));
  session.on('NodeWorker.detachedFromWorker', ({ params }) => threads.delete(params.sessionId));
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    const { id } = JSON.parse(params.message) as { readonly id?: number };
    if (id !== undefined) waiting.get(id)?.();
  });
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });

  let asked = 0;
  const collectIn = (sessionId: string) =>
    new Promise<void>((resolve, reject) => {
      const id = asked++;
      waiting.set(id, () => {
        waiting.delete(id);
        resolve();
      });
      const message = JSON.stringify({ id, method: COLLECT });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(reject);
    });
  return async () => {
    await session.post(COLLECT);
    await Promise.all([...threads].map(collectIn));
  };
}
