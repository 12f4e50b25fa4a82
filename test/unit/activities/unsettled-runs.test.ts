import { describe, expect, it } from 'vitest';
import { closedUnsettledQuery, openUnsettledQuery } from '../../../activities/unsettled-runs.js';

const FROM = new Date('2026-01-01T00:00:00.000Z');
const TO = new Date('2026-01-02T00:00:00.000Z');
const IN_BETWEEN = 'CloseTime BETWEEN "2026-01-01T00:00:00.000Z" AND "2026-01-02T00:00:00.000Z"';
const OURS = 'WorkflowType IN ("job", "pipeline", "slice", "nested")';

describe('the query for runs that may have left jobs', () => {
  it('asks for those of the queue that were ended, or say so', () => {
    const runs = { taskQueue: 'jobrelay', registered: ['JobRelayRun', 'JobRelayUnsettled'] } as const;
    expect(closedUnsettledQuery(runs, FROM, TO)).toBe(
      `TaskQueue = "jobrelay" AND (${OURS} OR JobRelayRun = "workflow") AND ` +
        `(ExecutionStatus IN ("Terminated", "TimedOut") OR JobRelayUnsettled = true) AND ${IN_BETWEEN}`,
    );
    expect(openUnsettledQuery(runs)).toBe(
      `TaskQueue = "jobrelay" AND (${OURS} OR JobRelayRun = "workflow") AND JobRelayUnsettled = true AND ExecutionStatus = "Running"`,
    );
  });

  it('goes by the workflow type where the namespace has no search attributes of ours: to name one is an error', () => {
    const runs = { taskQueue: 'jobrelay', registered: [] };
    expect(closedUnsettledQuery(runs, FROM, TO)).toBe(
      `TaskQueue = "jobrelay" AND ${OURS} AND ExecutionStatus IN ("Terminated", "TimedOut") AND ${IN_BETWEEN}`,
    );
    expect(openUnsettledQuery(runs)).toBeUndefined();
  });
});
