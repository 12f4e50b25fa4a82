import { describe, expect, it } from 'vitest';
import { startSummary } from '../../../client/start-summary.js';

describe('the summary of a run', () => {
  it.each([
    ['names the endpoint of a job', 'job', { endpoint: 'sdxl' }, undefined, 'job sdxl'],
    ['names all endpoints of a job', 'job', { endpoint: ['a', 'b/c'] }, undefined, 'job a, b/c'],
    ['names the pipeline', 'pipeline', { definition: { name: 'captions' } }, undefined, 'pipeline captions'],
    ['names the pipeline that is given by name', 'pipeline', { pipeline: 'captions' }, undefined, 'pipeline captions'],
    ['is the type alone where there is no name', 'pipeline', { definition: {} }, undefined, 'pipeline'],
    ['is what the caller gave', 'job', { endpoint: 'sdxl' }, 'order 17', 'order 17'],
    ['is one line', 'job', {}, 'order\n 17', 'order 17'],
  ])('%s', (_name, type, input, given, summary) => {
    expect(startSummary(type, input, given)).toBe(summary);
  });

  it('fits what Temporal takes, in the longest characters', () => {
    const summary = startSummary('job', {}, '🚤'.repeat(500));
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(400);
    expect(summary).toMatch(/^(🚤)+…$/u);
  });
});
