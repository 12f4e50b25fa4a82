import { setTimeout as delay } from 'node:timers/promises';

export interface Stream {
  /** One is begun in each such time, whether those before it have ended or not: a slow moment is felt by all that meet it. */
  readonly everyMs: number;
  readonly windowMs: number;
  readonly random: () => number;
}

/**
 * The times of what is begun at a steady rate for one window, ms, each from the moment it was due: a random one in each `everyMs`,
 * or two streams would always meet in the same phase.
 */
export async function steadyStream(
  body: () => Promise<unknown>,
  { everyMs, windowMs, random }: Stream,
): Promise<number[]> {
  const start = performance.now();
  const runs: Promise<number>[] = [];
  for (let slot = 0; slot < windowMs / everyMs; slot++) {
    const due = start + (slot + random()) * everyMs;
    await delay(Math.max(0, due - performance.now()));
    runs.push(body().then(() => performance.now() - due));
  }
  return await Promise.all(runs);
}
