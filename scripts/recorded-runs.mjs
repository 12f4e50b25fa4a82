// The runs whose histories the replay tests keep: one for each way through the workflows, as a list to read. Handlers
// answer an error rather than throw one, whose stack trace would carry paths of this machine into a history.

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
  misheard: { handler: (input) => input },
  doubled: {
    async handler(input) {
      await later(2_000);
      return input;
    },
  },
  odd: { handler: ({ number }) => (number % 2 === 0 ? { error: `${number} is even` } : { square: number * number }) },
};

/** Faults of the emulator, for its endpoints above. */
export const faults = ['lossy', 'misheard', 'doubled'].map((endpoint) => ({
  ...{ kind: 'lose-answer', endpoint, operation: 'run', times: 1 },
}));

const MINUTE = { ms: 60_000 };

/** A pipeline of two steps, for a step. */
const nestedOf = (step) => ({ version: 1, steps: { first: step, second: { needs: ['first'], set: 'done' } } });

/**
 * `ends` is how the run must end, or the recording is not what its name says. With `cancelWhileRunning`, it is cancelled
 * once a worker waits for so many jobs; with `cancelWhileChildrenWait`, for those of so many children. `decide` are the answers to its approvals, in this order. With `webhook`, its jobs have
 * webhooks, and that of the first comes through the run, at the time that `when` says.
 * `leaves`: so many runs are terminated before it starts.
 */
export const runs = [
  {
    name: 'job-completed',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-within-its-total-limit',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' }, timeouts: { total: '1m' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-with-a-stream-for-readers',
    type: 'job',
    input: { endpoint: 'local/count', input: { to: 3, everyMs: 10 }, stream: 'events', timeouts: { total: '1m' } },
    ends: 'completed',
  },
  {
    name: 'job-cancelled-with-a-stream-for-readers',
    type: 'job',
    input: { endpoint: 'local/count', input: { to: 1000, everyMs: 100 }, stream: 'events' },
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-completed-with-streams',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          each: { forEach: [1, 2], endpoint: 'local/count', input: { to: '{% $item %}' }, stream: 'collect' },
          plain: { endpoint: 'local/echo', input: { text: 'a' } },
        },
      },
    },
    ends: 'completed',
  },
  {
    name: 'job-completed-after-its-handler-failed',
    type: 'job',
    input: { endpoint: 'local/flaky', input: { mark: 'retried' }, retry: { handler: 1 } },
    ends: 'completed',
  },
  {
    name: 'job-completed-after-its-platform-failed',
    type: 'job',
    input: { endpoint: 'local/evicted', input: { mark: 'evicted' }, retry: { platform: 1 } },
    ends: 'completed',
  },
  {
    name: 'job-completed-on-its-second-endpoint',
    type: 'job',
    input: { endpoint: ['local/nobody', 'local/echo'], input: { prompt: 'a red boat' }, timeouts: { queue: '1s' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-after-a-lost-answer',
    type: 'job',
    input: { endpoint: 'local/lossy', input: { prompt: 'a red boat' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-woken-by-its-webhook',
    type: 'job',
    input: { endpoint: 'local/sleep', input: { ms: 1_500 } },
    webhook: { endpoint: 'sleep', when: 'awaited' },
    ends: 'completed',
  },
  {
    name: 'job-completed-adopted-by-its-webhook',
    type: 'job',
    input: { endpoint: 'local/misheard', input: { prompt: 'a red boat' } },
    webhook: { endpoint: 'misheard', when: 'adopting' },
    ends: 'completed',
  },
  {
    name: 'job-completed-beside-a-duplicate-with-a-webhook',
    type: 'job',
    input: { endpoint: 'local/doubled', input: { prompt: 'a red boat' } },
    webhook: { endpoint: 'doubled', when: 'awaited' },
    ends: 'completed',
  },
  {
    name: 'job-failed',
    type: 'job',
    input: { endpoint: 'local/broken', input: { prompt: 'a red boat' } },
    ends: 'failed',
  },
  {
    name: 'job-failed-at-its-total-limit',
    type: 'job',
    input: { endpoint: 'local/sleep', input: MINUTE, timeouts: { total: '1s' } },
    ends: 'failed',
  },
  {
    name: 'job-failed-for-its-input',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' }, timeout: '1m' },
    ends: 'failed',
  },
  {
    name: 'job-cancelled',
    type: 'job',
    input: { endpoint: 'local/sleep', input: MINUTE },
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-completed',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        name: 'diamond',
        steps: {
          start: { endpoint: 'local/echo', input: { numbers: '{% $input.numbers %}' } },
          left: {
            forEach: '{% $steps.start.output.numbers %}',
            concurrency: 2,
            endpoint: 'local/odd',
            input: { number: '{% $item %}' },
            tolerate: '50%',
          },
          right: {
            when: '{% $count($steps.start.output.numbers) > 3 %}',
            endpoint: 'local/echo',
            input: { side: 'right' },
          },
          never: {
            when: '{% $count($steps.start.output.numbers) > 99 %}',
            endpoint: 'local/echo',
            input: { side: 'none' },
          },
          optional: {
            needs: ['start'],
            endpoint: 'local/broken',
            input: { prompt: 'a red boat' },
            onError: 'continue',
          },
          sum: { set: '{% $sum($steps.left.output.square) %}' },
          end: {
            needs: ['never', 'optional'],
            endpoint: 'local/echo',
            input: { sum: '{% $steps.sum.output %}', side: '{% $steps.right.output.side %}' },
          },
        },
        output: '{% $steps.end.output %}',
      },
      input: { numbers: [1, 2, 3, 4, 5] },
    },
    ends: 'completed',
  },
  {
    name: 'pipeline-completed-without-an-evaluation',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          start: { endpoint: 'local/echo', input: { n: '{% $input.n %}', text: 'a red boat' } },
          more: { endpoint: 'local/echo', input: { n: '{% $steps.start.output.n + 1 %}' } },
          never: {
            when: '{% $steps.start.output.n > 99 %}',
            endpoint: 'local/echo',
            input: { text: '{% $steps.start.output.text & "!" %}' },
          },
          both: { needs: ['never'], set: { text: '{% $steps.start.output.text %}', n: '{% $steps.more.output.n %}' } },
        },
        output: '{% $steps.both.output %}',
      },
      input: { n: 1 },
    },
    ends: 'completed',
  },
  {
    // Of three steps that are ready at once, the workflow reads two, and one has to be evaluated.
    name: 'pipeline-completed-with-one-of-three-evaluated',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          read: { endpoint: 'local/echo', input: { n: '{% $input.n %}' } },
          evaluated: { endpoint: 'local/echo', input: { text: '{% $string($input.n) %}' } },
          value: { set: '{% $input.n * 2 %}' },
        },
      },
      input: { n: 1 },
    },
    ends: 'completed',
  },
  {
    name: 'pipeline-completed-in-slices',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          squares: {
            forEach: '{% [1..110] %}',
            concurrency: 8,
            tolerate: '60%',
            endpoint: 'local/odd',
            input: { number: '{% $item %}' },
          },
        },
        output: '{% $count($steps.squares.output) %}',
      },
    },
    ends: 'completed',
  },
  {
    name: 'pipeline-cancelled-in-slices',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          waits: {
            forEach: '{% [1..105] %}',
            concurrency: 4,
            endpoint: 'local/sleep',
            input: { ms: 60000, n: '{% $item %}' },
          },
        },
      },
    },
    cancelAfterSlices: 2,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-failed-with-a-sibling-running',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          slow: { forEach: [1, 2, 3], concurrency: 2, endpoint: 'local/sleep', input: MINUTE },
          broken: { endpoint: 'local/brokenLater', input: { prompt: 'a red boat' } },
          after: { needs: ['slow', 'broken'], set: 'never reached' },
        },
      },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-failed-for-its-output',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: { one: { endpoint: 'local/echo', input: { text: 'one' } } },
        output: '{% $steps.one.output.text + 1 %}',
      },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-failed-for-its-definition',
    type: 'pipeline',
    input: {
      definition: { version: 1, steps: { a: { set: '{% $steps.b.output %}' }, b: { set: '{% $steps.a.output %}' } } },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-cancelled',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          many: { forEach: [1, 2, 3], concurrency: 2, endpoint: 'local/sleep', input: MINUTE },
          one: { endpoint: 'local/sleep', input: MINUTE },
        },
      },
    },
    cancelWhileRunning: 3,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-completed-with-approvals',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          review: { approval: { message: 'Go on?' } },
          each: { needs: ['review'], forEach: ['a', 'b'], approval: { message: '{% $item %}' } },
          expires: { approval: { timeout: '1s', onTimeout: 'approve' } },
          rejected: { needs: ['each'], approval: { onReject: 'fail' }, onError: { output: '{% $error.type %}' } },
          end: {
            when: '{% $steps.review.output.approved %}',
            needs: ['rejected'],
            endpoint: 'local/echo',
            input: { a: 1 },
          },
        },
        output: '{% $steps.rejected.output %}',
      },
    },
    decide: [
      { step: 'review', approved: true, by: 'ada' },
      { step: 'each', index: 1, approved: false, note: 'too dark' },
      { step: 'each', index: 0, approved: true },
      { step: 'rejected', approved: false },
    ],
    ends: 'completed',
  },
  {
    name: 'pipeline-cancelled-at-its-approval',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: { review: { approval: {} }, slow: { endpoint: 'local/sleep', input: MINUTE } },
      },
    },
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-completed-with-nested',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          scene: {
            pipeline: nestedOf({ endpoint: 'local/echo', input: { text: '{% $input.text %}' } }),
            input: { text: 'a red boat' },
          },
          after: { set: '{% $steps.scene.output.second %}' },
        },
      },
    },
    ends: 'completed',
  },
  {
    name: 'pipeline-completed-with-nested-items',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          each: {
            forEach: [1, 2, 3, 5],
            concurrency: 2,
            tolerate: 1,
            pipeline: nestedOf({ endpoint: 'local/odd', input: { number: '{% $input.number %}' } }),
            input: { number: '{% $item %}' },
            timeouts: { total: '5m' },
          },
        },
      },
    },
    ends: 'completed',
  },
  {
    name: 'pipeline-failed-in-nested',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: { scene: { pipeline: nestedOf({ endpoint: 'local/broken', input: { prompt: 'a red boat' } }) } },
      },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-cancelled-with-nested',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          scene: { pipeline: nestedOf({ endpoint: 'local/sleep', input: MINUTE }) },
          one: { endpoint: 'local/sleep', input: MINUTE },
        },
      },
    },
    cancelWhileRunning: 1,
    cancelWhileChildrenWait: 1,
    ends: 'cancelled',
  },
  // Of test/fixtures/own-workflows.ts, on a worker with the plugin: those that have `args`.
  {
    name: 'reap-completed',
    type: 'reap',
    input: { taskQueue: 'jobrelay', maxRuns: 2 },
    leaves: 3,
    ends: 'completed',
  },
  {
    name: 'one-completed',
    type: 'one',
    args: [{ endpoint: 'local/echo', input: { prompt: 'a red boat' } }],
    ends: 'completed',
  },
  {
    name: 'one-failed',
    type: 'one',
    args: [{ endpoint: 'local/broken', input: { prompt: 'a red boat' } }],
    ends: 'failed',
  },
  {
    name: 'one-cancelled',
    type: 'one',
    args: [{ endpoint: 'local/sleep', input: MINUTE }],
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'in-all-places-completed-at-its-second',
    type: 'inAllPlaces',
    args: [
      [
        { endpoint: 'no-such-alias', input: { prompt: 'a red boat' } },
        { endpoint: 'local/echo', input: { text: 'a red boat' } },
      ],
    ],
    ends: 'completed',
  },
  {
    name: 'each-completed-with-tolerated-failures',
    type: 'each',
    args: [
      [1, 2, 3, 4, 5].map((number) => ({ endpoint: 'local/odd', input: { number } })),
      { concurrency: 2, tolerate: '50%' },
    ],
    ends: 'completed',
  },
  {
    name: 'each-failed-with-siblings-running',
    type: 'each',
    args: [
      [
        { endpoint: 'local/sleep', input: MINUTE },
        { endpoint: 'local/brokenLater', input: { prompt: 'a red boat' } },
        { endpoint: 'local/sleep', input: MINUTE },
      ],
      { id: 'draw', concurrency: 2 },
    ],
    ends: 'failed',
  },
  {
    name: 'each-cancelled',
    type: 'each',
    args: [[1, 2, 3].map((n) => ({ endpoint: 'local/sleep', input: { ...MINUTE, n } })), { concurrency: 2 }],
    cancelWhileRunning: 2,
    ends: 'cancelled',
  },
];
