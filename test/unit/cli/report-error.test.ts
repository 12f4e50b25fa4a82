import { describe, expect, it } from 'vitest';
import { describeError } from '../../../cli/report-error.js';
import { RunFailed } from '../../../client/errors.js';
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
