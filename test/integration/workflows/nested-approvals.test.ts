import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

it('tells of the approvals of nested pipelines, however deep, and takes each decision by the id of its run', async () => {
  const ask = { version: 1, steps: { ask: { approval: { message: "{% 'Print ' & $input.word & '?' %}" } } } };
  const around = { version: 1, steps: { in: { pipeline: ask, input: { word: '{% $input.word %}' } } } };
  const definition = {
    version: 1,
    steps: {
      own: { approval: {} },
      each: { forEach: ['a', 'b'], pipeline: around, input: { word: '{% $item %}' } },
    },
    output: '{% [$steps.each.output.in.ask.approved] %}',
  };
  const run = await harness.relay.start('pipeline', { definition });

  const approvals = await until('three decisions are waited for', async () => {
    const { approvals: waiting = [] } = await run.progress();
    return waiting.length === 3 ? waiting : undefined;
  });
  expect(approvals.map(({ step, message = '' }) => `${step}: ${message}`).sort()).toEqual([
    'ask: Print a?',
    'ask: Print b?',
    'own: ',
  ]);
  expect(approvals.filter(({ workflowId }) => workflowId === undefined).map(({ step }) => step)).toEqual(['own']);

  for (const { workflowId, step, message } of approvals) {
    const asked = workflowId === undefined ? run : await harness.relay.run(workflowId);
    await asked.approve({ step, approved: message !== 'Print b?' });
  }
  const { output } = await run.result();
  expect(output).toEqual([true, false]);
  expect(await run.progress()).not.toHaveProperty('approvals');
});
