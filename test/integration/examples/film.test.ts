import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDefinition } from '../../../definition/index.js';
import type { EndpointDefinition } from '../../../emulator/index.js';
import { type Harness, startHarness } from '../harness.js';

const folder = fileURLToPath(new URL('../../../examples/film/', import.meta.url));

let harness: Harness;
beforeAll(async () => {
  const { endpoints } = (await import(`${folder}handlers.mjs`)) as { endpoints: Record<string, EndpointDefinition> };
  harness = await startHarness({ endpoints, configure: (config) => ({ ...config, pipelines: `${folder}pipelines` }) });
});
afterAll(() => harness.stop());

it('the film is made of its scenes, in their order', async () => {
  const { definition } = await readDefinition(`${folder}film.yaml`);
  const input = { scenes: ['a red boat', 'a lighthouse'] };
  const run = await harness.relay.start('pipeline', { definition, input });
  const { output, usage } = await run.result();
  expect(output).toBe(
    'a picture of a red boat with a voice that says "a red boat", then a picture of a lighthouse with a voice that says "a lighthouse"',
  );
  expect(usage.jobs).toBe(5);
});
