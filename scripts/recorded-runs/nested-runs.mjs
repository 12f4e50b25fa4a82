import { MINUTE } from './emulator.mjs';

/** A pipeline of two steps, for a step. */
const nestedOf = (step) => ({ version: 1, steps: { first: step, second: { needs: ['first'], set: 'done' } } });

export const nestedRuns = [
  {
    // Neither plan holds its input: each workflow has it from its start.
    name: 'pipeline-completed-with-nested-values',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          twice: {
            pipeline: {
              version: 1,
              steps: { list: { set: '{% [1..$input.n] %}' }, sum: { set: '{% $sum($steps.list.output) %}' } },
              output: '{% $steps.sum.output * 2 %}',
            },
            input: { n: '{% $count($input.items) %}' },
          },
        },
        output: '{% $string($steps.twice.output) %}',
      },
      input: { items: [1, 2, 3] },
    },
    ends: 'completed',
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
  {
    name: 'pipeline-cancelled-with-nested-that-tell',
    type: 'pipeline',
    input: {
      definition: {
        version: 1,
        steps: {
          scene: { pipeline: nestedOf({ forEach: [1, 2], endpoint: 'local/sleep', input: MINUTE }) },
          each: { forEach: [1, 2], pipeline: nestedOf({ endpoint: 'local/sleep', input: MINUTE }) },
          one: { endpoint: 'local/sleep', input: MINUTE },
        },
      },
    },
    cancelWhileRunning: 1,
    cancelWhileChildrenWait: 3,
    ends: 'cancelled',
  },
];
