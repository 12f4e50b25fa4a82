import { describe, expect, it } from 'vitest';
import type { SettleRunRequest, SettleRunResult } from '../../../activities/contract.js';
import { withHeartbeats } from '../../../activities/heartbeats.js';
import type { ReapInput } from '../../../workflows/reap-contract.js';
import { until } from '../harness.js';
import {
  handleOf,
  harness,
  input,
  reapOnce,
  resultsAfterTrigger,
  scheduled,
  startSleeper,
  statusOf,
  terminatedUnnoticed,
  untilListed,
  useHarness,
  withActivities,
  withWorker,
} from './left-runs.js';

useHarness();

describe('the passes of reap', () => {
  it('looks again, at its next start, at a run with a job that it could not see end', async () => {
    const since = new Date().toISOString();
    const runs = await terminatedUnnoticed(['refusing']);
    await untilListed(runs);
    // Longer than a pass waits for a job, with all that it is asked to wait.
    harness.emulator.setFaults([{ kind: 'status', operation: 'cancel', httpStatus: 503, retryAfterSeconds: 300 }]);
    await withWorker(async () => {
      const schedule = await scheduled({ since });
      const [first] = await resultsAfterTrigger(schedule, 1);
      const left = [{ workflowId: runs[0]?.workflowId, runId: runs[0]?.runId }];
      expect(first).toMatchObject({ runs: 1, outcomes: { unconfirmed: 1 }, state: { left } });

      harness.emulator.clearFaults();
      await schedule.update(({ action, ...rest }) => ({ ...rest, action: { ...action, args: [input({})] } }));
      const [, second] = await resultsAfterTrigger(schedule, 2);
      // Beside those of the last minutes, which it lists again.
      expect(second).toMatchObject({ outcomes: { stopped: 1 }, state: { left: [] } });
      await schedule.delete();
    });
    expect(statusOf('refusing')).toEqual(['CANCELLED']);
  });

  it('settles what a run leaves while another takes long to settle', async () => {
    const since = new Date().toISOString();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const settled: string[] = [];
    const settleRun = async ({ runId }: SettleRunRequest): Promise<SettleRunResult> => {
      settled.push(runId);
      if (settled[0] === runId) await withHeartbeats(undefined, () => held);
      return { outcomes: { ended: 1 }, jobs: [], suspectedDuplicates: 0 };
    };
    await withActivities({ settleRun }, async () => {
      const runs = await Promise.all(['slow', 'meanwhile'].map(startSleeper));
      const [slow, meanwhile] = runs.map(handleOf);
      await slow?.terminate('test');
      await untilListed(runs.slice(0, 1));
      const reaped = reapOnce({ since });
      await until('the first is being settled', () => settled.includes(runs[0]?.runId ?? ''));
      await meanwhile?.terminate('test');
      await until('so is the other', () => settled.includes(runs[1]?.runId ?? ''));
      release();
      expect(await reaped).toMatchObject({ runs: 2, outcomes: { ended: 2 }, more: false });
    });
  });

  it('goes through a hundred runs in passes of ten, the oldest first, and begins the next time where it ended', async () => {
    const since = new Date().toISOString();
    const marks = Array.from({ length: 100 }, (_, index) => `many-${index}`);
    const runs = await terminatedUnnoticed(marks);
    await untilListed(runs);
    await withWorker(async () => {
      const first = await reapOnce({ since, maxRuns: 10 });
      expect(first).toMatchObject({ runs: 100, outcomes: { stopped: 100 }, more: false, state: { left: [] } });
      for (const mark of marks) expect(statusOf(mark)).toEqual(['CANCELLED']);
      expect(Date.parse(first.state.through)).toBeGreaterThan(Date.parse(since));

      // As a schedule hands it on, there is nothing to look at again.
      const handedOn: ReapInput = {
        taskQueue: harness.taskQueue,
        maxRuns: 10,
        continued: { passes: 0, result: { ...first, runs: 0, outcomes: {} } },
      };
      expect(await reapOnce(handedOn)).toMatchObject({ runs: 0, outcomes: {} });
    });
  });
});
