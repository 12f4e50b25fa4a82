import { MINUTE } from './emulator.mjs';

/** Jobs of a minute, in slices. */
const SLICES_THAT_WAIT = {
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
};

export const pipelineRuns = [
  {
    name: 'pipeline-completed-by-jobs-that-end-with-their-submit',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          first: { endpoint: 'local/moment', input: { n: 1 } },
          each: { forEach: [1, 2, 3], endpoint: 'local/moment', input: { n: '{% $item + $steps.first.output.n %}' } },
        },
      },
    },
    quick: 'local/moment',
    ends: 'completed',
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
    name: 'pipeline-completed-of-a-tenant',
    type: 'pipeline',
    input: { definition: { version: 1, steps: { say: { endpoint: 'local/echo', input: { n: 1 } } } }, tenant: 'acme' },
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
    // What waits only for values is evaluated with them; what waits for one that failed, after it.
    name: 'pipeline-completed-by-values-that-are-evaluated-together',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          list: { set: '{% [1..$input.n] %}' },
          sum: { set: '{% $sum($steps.list.output) %}' },
          fails: { set: '{% $error("no") %}', onError: 'continue' },
          after: { set: '{% $uppercase($steps.fails.status) %}' },
          say: { endpoint: 'local/echo', input: { sum: '{% $string($steps.sum.output) %}' } },
          last: { set: '{% $steps.say.output ~> $keys %}' },
        },
        output: '{% [$steps.last.output, $steps.after.output] %}',
      },
      input: { n: 3 },
    },
    ends: 'completed',
  },
  {
    // A list that only goes through expressions is told where what waits for it failed, and else is not.
    name: 'pipeline-completed-by-values-that-nobody-else-reads',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          list: { set: '{% [1..$input.n] %}' },
          sum: { set: '{% $sum($steps.list.output) %}' },
          told: { set: '{% [1..$input.n] %}' },
          fails: { set: '{% $error("no: " & $count($steps.told.output)) %}', onError: 'continue' },
          say: { endpoint: 'local/echo', input: { sum: '{% $string($steps.sum.output) %}' } },
        },
        output: '{% [$steps.say.output.sum, $steps.fails.error.message] %}',
      },
      input: { n: 600 },
    },
    ends: 'completed',
  },
  {
    // Two of its steps are ready in one moment, and have to be evaluated by a call each, which wait for one another.
    name: 'pipeline-completed-by-evaluations-in-turn',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          first: { endpoint: 'local/echo', input: { n: '{% $input.n %}' } },
          copy: { set: '{% $steps.first.output %}' },
          late: { endpoint: 'local/echo', input: { text: '{% $string($steps.copy.output.n) %}' } },
          soon: { endpoint: 'local/echo', input: { text: '{% $string($steps.first.output.n) %}' } },
        },
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
    input: SLICES_THAT_WAIT,
    cancelAfterSlices: 2,
    ends: 'cancelled',
  },
  {
    name: 'pipeline-cancelled-in-slices-that-tell',
    type: 'pipeline',
    input: SLICES_THAT_WAIT,
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
];
