import { describe, expect, it } from 'vitest';
import { describeError, errorDocument } from '../../../cli/report-error.js';
import { RunCancelled, RunFailed, RunTerminated, RunTimedOut } from '../../../client/errors.js';
import { jobrelay } from './run-in-process.js';

const failed = (details?: RunFailed['details']) =>
  new RunFailed(
    { workflowId: 'job:1', runId: 'r' },
    { type: 'EndpointNotFound', message: 'endpoint "sdxl" is not in jobrelay.yaml', ...(details && { details }) },
  );

describe('an error, for people', () => {
  it('says whose jobrelay.yaml it is about, where a worker refused the input', () => {
    expect(describeError(failed({ problems: [{ path: ['endpoint'], message: 'is not there' }] }), false)).toBe(
      'error: run job:1 failed with EndpointNotFound: endpoint "sdxl" is not in jobrelay.yaml\n' +
        '(checked by the worker, with the jobrelay.yaml that it was started with)',
    );
    expect(describeError(failed(), false)).not.toContain('checked by the worker');
  });
});

describe('an error, for programs', () => {
  const run = { workflowId: 'job:1', runId: 'r' };
  it.each([
    [failed(), 'failed', 'RunFailed'],
    [new RunCancelled(run, undefined), 'cancelled', 'RunCancelled'],
    [new RunTerminated(run, 'enough'), 'terminated', 'RunTerminated'],
    [new RunTimedOut(run), 'timed-out', 'RunTimedOut'],
  ])('names the run and how it ended: %s', (error, status, code) => {
    expect(errorDocument(error)).toMatchObject({ ...run, status, error: { code, message: error.message } });
  });
});

describe('a default, in a help text', () => {
  it.each([
    [['endpoint', 'check'], '5m'],
    [['emulator'], 'none'],
  ])('of %j is one that a person could write', async (command, value) => {
    const { stdout } = await jobrelay([...command, '--help']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`(default: ${value})`);
    expect(stdout).not.toMatch(/\(default: (\{|\d{4,6}\))(?<!default: 8080\))/);
  });
});
