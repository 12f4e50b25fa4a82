import { describe, expect, it } from 'vitest';
import { jobrelay } from '../run-in-process.js';

describe('jobrelay schedule create', () => {
  it.each([
    [['--timeout-run', '2m'], '--timeout-run goes with --job'],
    [['--low-priority', '--retry-handler', '0'], '--retry-handler, --low-priority go with --job'],
  ])('refuses %j for a pipeline, which would be without effect', async (options, message) => {
    const args = ['create', 'nightly', '--every', '1h', '--pipeline', 'captions.yaml', ...options];
    const { exitCode, stderr } = await jobrelay(['schedule', ...args]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
