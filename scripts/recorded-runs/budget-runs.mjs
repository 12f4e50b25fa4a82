/** Jobs of a pipeline, for a step. */
const jobs = (count) => ({
  version: 1,
  steps: {
    each: { forEach: `{% [1..${count}] %}`, concurrency: 2, endpoint: 'local/echo', input: { n: '{% $item %}' } },
  },
});

export const budgetRuns = [
  {
    name: 'job-failed-for-its-budget',
    type: 'job',
    input: { endpoint: 'local/broken', input: { n: 1 }, retry: { handler: 5 }, budget: { jobs: 2 } },
    ends: 'failed',
  },
  {
    name: 'pipeline-failed-for-its-budget',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          long: { endpoint: 'local/sleep', input: { ms: 1_500 } },
          each: { forEach: '{% [1..5] %}', concurrency: 2, endpoint: 'local/echo', input: { n: '{% $item %}' } },
          review: { approval: { message: 'go on?' } },
        },
      },
      budget: { jobs: 4 },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-failed-for-its-budget-in-slices',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          each: { forEach: '{% [1..105] %}', concurrency: 4, endpoint: 'local/echo', input: { n: '{% $item %}' } },
        },
      },
      budget: { jobs: 12 },
    },
    ends: 'failed',
  },
  {
    name: 'pipeline-completed-with-a-budget-that-nested-ones-share',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: { parts: { forEach: '{% [1..2] %}', pipeline: jobs(3) }, all: { pipeline: jobs(4) } },
      },
      budget: { jobs: 10 },
    },
    ends: 'completed',
  },
];
