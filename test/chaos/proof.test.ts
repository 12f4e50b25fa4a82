import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { ROWS } from '../../chaos/accounting/account.js';
import { CRASH_POINTS } from '../../chaos/points/points.js';
import type { ChaosReport } from '../../chaos/run.js';

const MAIN = fileURLToPath(new URL('../../dist/chaos/main.js', import.meta.url));
/** A minute on a machine of its own; here it shares two cores with other tests. */
const TIMEOUT_MS = 300_000;

it('the short form of the proof: nothing is lost, and nothing runs unowned', { timeout: TIMEOUT_MS }, async () => {
  // A plan that is the same each time; how it meets the machine is not.
  const child = spawn(process.execPath, [MAIN, '--short', '--seed', '20', '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TEMPORAL_CLI_PATH: inject('temporalCli') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithTests = () => void child.kill('SIGTERM');
  process.once('exit', killWithTests);
  const [out, progress] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  process.off('exit', killWithTests);

  expect(out, progress).not.toBe('');
  const { lanes, points, workerKills }: ChaosReport = JSON.parse(out);
  const [relay] = lanes;
  for (const row of ROWS) expect(relay?.account[row], row).toEqual({ value: 0, examples: [] });
  for (const { name, account, kills } of points) {
    for (const row of ROWS)
      expect(account[row], `${row} of those killed at ${name}`).toEqual({ value: 0, examples: [] });
    expect(kills, name).toBeGreaterThanOrEqual(1);
  }
  expect(points).toHaveLength(CRASH_POINTS.length);
  // That there was something to prove.
  expect(relay?.totals.ends).toMatchObject({
    completed: expect.any(Number),
    cancelled: expect.any(Number),
    terminated: expect.any(Number),
  });
  expect(relay?.totals.jobs).toBeGreaterThan(50);
  expect(workerKills).toBeGreaterThanOrEqual(1);
  expect(child.exitCode).toBe(0);
});
