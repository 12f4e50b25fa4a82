import { expect, it } from 'vitest';
import { fieldChanges } from '../../../../client/schedules/changes.js';

it('names each field that differs, by its path', () => {
  const from = { cron: ['@daily'], job: { endpoint: 'a', input: { n: 1, gone: null } }, note: 'x' };
  const to = { cron: ['@daily', '@hourly'], job: { input: { n: 1, b: 2 }, endpoint: 'a' }, note: 'x' };
  expect(fieldChanges(from, to)).toEqual([
    { field: 'cron', from: ['@daily'], to: ['@daily', '@hourly'] },
    { field: 'job.input.b', to: 2 },
    { field: 'job.input.gone', from: null },
  ]);
});

it('finds none where only the order of keys differs', () => {
  expect(fieldChanges({ a: [{ x: 1, y: 2 }], b: 1 }, { b: 1, a: [{ y: 2, x: 1 }] })).toEqual([]);
});
