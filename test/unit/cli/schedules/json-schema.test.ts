import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { scheduleFileSchema } from '../../../../cli/schedules/file.js';
import { checkShape } from '../../../../config/index.js';
import { JSON_SCHEMAS } from '../../../../schemas/json-schemas.js';

const validate = new Ajv({ strictSchema: true, strictTypes: false }).compile(JSON_SCHEMAS.schedules);
const verdicts = (text: string) => ({
  check: 'value' in checkShape(scheduleFileSchema, parse(text)),
  schema: validate(parse(text)),
});
const schedule = (fields: string) => `{ version: 1, schedules: { a: { ${fields} } } }`;
const job = (fields: string) => schedule(`job: { endpoint: local/echo, input: { n: 1 } }, ${fields}`);

it.each([
  '{ version: 1, schedules: {} }',
  job('every: 10m'),
  job('every: 600000, offset: 1s, jitter: 90s, catchUpWindow: 1d'),
  job('cron: "30 3 * * MON-FRI", timezone: Europe/Berlin, overlap: cancel-other, maxRuns: 3'),
  job('cron: ["@daily"], startAt: "2026-01-31T09:00:00Z", paused: true, pauseOnFailure: true, note: n, summary: s'),
  schedule('every: 1h, pipeline: captions.yaml, input: { a: 1 }'),
  schedule('every: 1h, pipeline: { version: 1, steps: { a: { set: 1 } } }'),
])('the JSON Schema and the check take %s', (text) => {
  expect(verdicts(text)).toEqual({ check: true, schema: true });
});

it.each([
  '{ schedules: {} }',
  '{ version: 1 }',
  job('evry: 10m'),
  job('every: often'),
  job('every: 1h, cron: "@daily"'),
  job('note: n'),
  job('every: 1h, pipeline: captions.yaml'),
  job('cron: []'),
  job('every: 1h, overlap: wait'),
  job('every: 1h, maxRuns: 0'),
  schedule('every: 1h'),
  schedule('every: 1h, pipeline: 5'),
])('the JSON Schema and the check refuse %s', (text) => {
  expect(verdicts(text)).toEqual({ check: false, schema: false });
});
