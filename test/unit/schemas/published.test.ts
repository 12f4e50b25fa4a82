import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { jobApisPage } from '../../../schemas/job-apis-page.js';
import { JSON_SCHEMAS } from '../../../schemas/json-schemas.js';
import { referencePage } from '../../../schemas/reference-page.js';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

// `npm run schemas` is this test, told to write.
it.each(['jobrelay', 'pipeline', 'schedules'] as const)(
  'schemas/%s.schema.json is what the check is made of',
  async (name) => {
    const text = `${JSON.stringify(JSON_SCHEMAS[name], null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(at(`schemas/${name}.schema.json`));
  },
);

it('docs/reference.md lists the same fields', async () => {
  await expect(referencePage()).toMatchFileSnapshot(at('docs/reference.md'));
});

it('docs/job-apis.md lists what is sent and read', async () => {
  await expect(jobApisPage()).toMatchFileSnapshot(at('docs/job-apis.md'));
});
