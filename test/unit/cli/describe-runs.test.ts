import { expect, it } from 'vitest';
import { describeRuns } from '../../../cli/describe-runs.js';

const NOW = Date.parse('2026-01-01T00:10:00Z');

it('a table of runs has a line for each, with the time it took and what it ran', () => {
  const lines = describeRuns(
    [
      { type: 'job', status: 'running', startedAt: '2026-01-01T00:05:00.123Z', endpoints: ['sdxl', 'flux'] },
      {
        type: 'pipeline',
        status: 'cancelled',
        startedAt: '2026-01-01T00:00:00.000Z',
        closedAt: '2026-01-01T00:00:12.000Z',
        pipeline: 'captions',
        endpoints: ['blip'],
        unsettled: true as const,
      },
      { type: 'order', status: 'failed', startedAt: '2026-01-01T00:10:00.500Z' } as const,
    ].map((run, index) => ({ ...run, workflowId: `run-${index}`, runId: 'r' }) as never),
    NOW,
  );
  expect(lines).toEqual([
    'RUN    TYPE      STATUS                STARTED               TOOK  OF',
    'run-0  job       running               2026-01-01T00:05:00Z  5m    sdxl, flux',
    'run-1  pipeline  cancelled, unsettled  2026-01-01T00:00:00Z  12s   captions',
    'run-2  order     failed                2026-01-01T00:10:00Z  0ms',
  ]);
});
