import { describe, expect, it } from 'vitest';
import { lineOf } from '../../../worker/runtime.js';

const OF_AN_ACTIVITY = {
  ...{ sdkComponent: 'activity', isLocal: false, namespace: 'default', taskToken: 'AAA=', taskQueue: 'jobrelay' },
  ...{ workflowRunId: 'r', workflowType: 'job', workflowId: 'job-17', activityType: 'cancelJob' },
  ...{ activityId: 'job/cancel-1', attempt: 1 },
};

describe('a line of the log', () => {
  it('says what an activity says, where, and the facts without those of the SDK', () => {
    const meta = { ...OF_AN_ACTIVITY, jobId: 'j', outcome: 'stopped', ms: 12 };
    expect(lineOf({ level: 'INFO', message: 'settled a job', meta })).toBe(
      'info: settled a job cancelJob job/cancel-1 of job-17 attempt 1 {"jobId":"j","outcome":"stopped","ms":12}',
    );
  });

  it('leaves out what the SDK tells for its own sake, and not its warnings', () => {
    const meta = { sdkComponent: 'worker', taskQueue: 'q' };
    expect(lineOf({ level: 'INFO', message: 'Worker state changed', meta })).toBeUndefined();
    expect(lineOf({ level: 'WARN', message: 'Stopped', meta })).toBe('warn: Stopped {"taskQueue":"q"}');
  });

  it('has the message of an error at its end', () => {
    const meta = { workflowType: 'job', workflowId: 'w', runId: 'r', error: new Error('why') };
    expect(lineOf({ level: 'ERROR', message: 'Failed', meta })).toBe('error: Failed job of w (why)');
  });
});
