/** Time as pacing sees it; a test brings its own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once, after `ms`; the function that is returned prevents it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    // A timer takes a millisecond at least.
    if (ms <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
