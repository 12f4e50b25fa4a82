import { setTimeout as delay } from 'node:timers/promises';

/** Does each thing at its time, from now on; resolves when all are done. What is under way when `signal` aborts is waited for. */
export async function atTheirTimes<T extends { readonly atMs: number }>(
  things: readonly T[],
  act: (thing: T) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const from = Date.now();
  await Promise.all(
    things.map(async (thing) => {
      await delay(Math.max(0, from + thing.atMs - Date.now()), undefined, { signal });
      await act(thing);
    }),
  );
}
