/** Store operations under way at once in one call: enough to hide the disk's latency, few enough to bound memory. */
const STORE_CONCURRENCY = 8;

/** Returns a function that runs tasks, at most {@link STORE_CONCURRENCY} at once, in the order they came. */
export function createLimiter(limit = STORE_CONCURRENCY): <T>(task: () => Promise<T>) => Promise<T> {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
