// What the recorded runs run on. Handlers answer an error rather than throw one, whose stack trace would carry paths of
// this machine into a history.

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asked for the first time for an input's `mark`, it fails in the given way; then it succeeds. */
function failingOnce(error) {
  const asked = new Set();
  return (input) => {
    if (asked.has(input.mark)) return { done: input.mark };
    asked.add(input.mark);
    return { error };
  };
}

export const endpoints = {
  flaky: { handler: failingOnce('not yet') },
  evicted: { handler: failingOnce('job timed out after 1 retries') },
  lossy: { handler: (input) => input },
  broken: { handler: () => ({ error: 'no such model' }) },
  brokenLater: {
    async handler() {
      await later(700);
      return { error: 'no such model' };
    },
  },
  keyed: { handler: (input) => input },
  misheard: { handler: (input) => input },
  doubled: {
    async handler(input) {
      await later(2_000);
      return input;
    },
  },
  /** Of those that end in a moment; no other run is to make it known as such. */
  moment: { handler: (input) => input },
  odd: { handler: ({ number }) => (number % 2 === 0 ? { error: `${number} is even` } : { square: number * number }) },
};

/** Faults of the emulator, for its endpoints above. */
export const faults = ['lossy', 'keyed', 'misheard', 'doubled'].map((endpoint) => ({
  ...{ kind: 'lose-answer', endpoint, operation: 'run', times: 1 },
}));

/** Of the stack. */
export const configuration =
  'version: 1\nendpoints: { keyed: { use: local/keyed, correlation: { field: relay_key } } }\n';

/** Input of a job that waits to be cancelled. */
export const MINUTE = { ms: 60_000 };
