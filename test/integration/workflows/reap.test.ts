import { describe, expect, it } from 'vitest';
import { runCli } from '../cli/cli-process.js';
import { until } from '../harness.js';
import {
  handleOf,
  harness,
  jobsMarked,
  reset,
  startSleeper,
  statusOf,
  submitByHand,
  temporal,
  terminatedInSubmit,
  terminatedUnnoticed,
  untilAwaited,
  untilListed,
  useHarness,
  withActivities,
  withHeldAnswers,
  withWorker,
  worker,
} from './left-runs.js';

useHarness();

describe('reap', () => {
  it('settles the job of a run that was terminated while its activity was between two attempts', async () => {
    const since = new Date();
    await withWorker(async () => {
      const run = await startSleeper('in-backoff');
      await until('it is submitted', () => jobsMarked('in-backoff').length === 1);
      // The provider asks to be left alone for a minute: until then no process of ours knows of the job.
      harness.emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 503, retryAfterSeconds: 60 }]);
      await until('its activity is in backoff', async () => {
        const [activity] = (await run.status()).pendingActivities;
        return activity?.type === 'awaitJob' && activity.state === 'scheduled' && activity.attempt > 1;
      });
      harness.emulator.clearFaults();
      await handleOf(run).terminate('test');
      await untilListed([run]);
      expect(statusOf('in-backoff')).toEqual(['IN_PROGRESS']);

      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 1, outcomes: { stopped: 1 }, suspectedDuplicates: 0, more: false });
      expect(report.jobs).toMatchObject([
        { workflowId: run.workflowId, outcome: 'stopped', handle: { jobId: jobsMarked('in-backoff')[0]?.id } },
      ]);
      expect(statusOf('in-backoff')).toEqual(['CANCELLED']);

      // Once more, it finds a job that has ended, and does nothing.
      expect(await harness.relay.reap({ since })).toMatchObject({ runs: 1, outcomes: { ended: 1 }, jobs: [] });
    });
  });

  it('says with dryRun what it would stop, and stops nothing', async () => {
    const since = new Date();
    const runs = await terminatedUnnoticed(['dry']);
    await untilListed(runs);
    await withWorker(async () => {
      expect(await harness.relay.reap({ since, dryRun: true })).toMatchObject({
        outcomes: { running: 1 },
        jobs: [{ outcome: 'running', handle: { jobId: jobsMarked('dry')[0]?.id } }],
      });
      expect(statusOf('dry')).toEqual(['IN_PROGRESS']);
      expect(await harness.relay.reap({ since })).toMatchObject({ outcomes: { stopped: 1 } });
    });
    expect(statusOf('dry')).toEqual(['CANCELLED']);
  });

  it('leaves alone what open runs and those that ended by themselves have', async () => {
    const since = new Date();
    await withWorker(async () => {
      const open = await startSleeper('open');
      await untilAwaited(open);
      const done = await harness.relay.start('job', { endpoint: 'local/echo', input: { mark: 'done' } });
      await done.result();
      expect(await harness.relay.reap({ since })).toMatchObject({ runs: 0, outcomes: {} });
      expect(statusOf('open')).toEqual(['IN_PROGRESS']);
      await open.cancel();
      await open.result().catch(() => undefined);
    });
  });

  it('does no harm beside a second one', async () => {
    const since = new Date();
    const marks = ['twice-1', 'twice-2', 'twice-3'];
    const runs = await terminatedUnnoticed(marks);
    await untilListed(runs);
    await withWorker(async () => {
      const reports = await Promise.all([harness.relay.reap({ since }), harness.relay.reap({ since })]);
      for (const { runs, outcomes } of reports) {
        expect(runs).toBe(3);
        expect((outcomes.stopped ?? 0) + (outcomes.ended ?? 0)).toBe(3);
      }
    });
    for (const mark of marks) expect(statusOf(mark)).toEqual(['CANCELLED']);
  });

  it('settles of a run that was reset what the new run does not know, and nothing else', async () => {
    const since = new Date();
    const first = await worker();
    // Reset to before its submit: the job of the old run is nobody's.
    const before = await startSleeper('reset-before');
    // Reset to after it: the new run follows the job.
    const after = await startSleeper('reset-after');
    await untilAwaited(before);
    await untilAwaited(after);
    await first.shutdown();
    await reset(before, 'first');
    await reset(after, 'last');
    await untilListed([before, after]);
    await withWorker(async () => {
      const abandoned = jobsMarked('reset-before')[0]?.id;
      await until('the new run has a job of its own', () => jobsMarked('reset-before').length === 2);
      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 2, outcomes: { stopped: 1 } });
      expect(report.jobs).toMatchObject([{ handle: { jobId: abandoned } }]);
      expect(statusOf('reset-before').sort()).toEqual(['CANCELLED', 'IN_PROGRESS']);
      expect(statusOf('reset-after')).toEqual(['IN_PROGRESS']);
      for (const { workflowId } of [before, after]) await harness.temporal.workflow.getHandle(workflowId).cancel();
      await until('both have settled', () =>
        ['reset-before', 'reset-after'].every((mark) => statusOf(mark).every((status) => status === 'CANCELLED')),
      );
    });
  });

  it('is not needed for a submit that was under way when its run was reset: whoever hears the answer settles the job', async () => {
    await withHeldAnswers(async (release) => {
      const run = await startSleeper('reset-within');
      await until('it is submitted', () => jobsMarked('reset-within').length === 1);
      await reset(run, 'first');
      await until('the new run has submitted it anew', () => jobsMarked('reset-within').length === 2);
      release();
      await until('the first job is cancelled', () => jobsMarked('reset-within')[0]?.status === 'CANCELLED');
      expect(statusOf('reset-within')).toEqual(['CANCELLED', 'IN_PROGRESS']);
      await harness.temporal.workflow.getHandle(run.workflowId).cancel();
      await until('both are', () => statusOf('reset-within').every((status) => status === 'CANCELLED'));
    });
  });

  it('settles the job of a run that closed without having seen it end', async () => {
    const since = new Date();
    const run = await withActivities({ cancelJob: async () => ({ outcome: 'unconfirmed' }) }, async () => {
      const started = await startSleeper('unsettled');
      await until('its job is awaited', async () => (await started.status()).pendingActivities[0]?.type === 'awaitJob');
      await started.cancel();
      await expect(started.result()).rejects.toThrow();
      return started;
    });
    await until('it is listed as unsettled', async () => {
      const query = `WorkflowId = "${run.workflowId}" AND JobRelayUnsettled = true AND ExecutionStatus = "Canceled"`;
      return (await harness.temporal.workflow.count(query)).count === 1;
    });
    expect(statusOf('unsettled')).toEqual(['IN_PROGRESS']);
    await withWorker(async () => {
      expect(await harness.relay.reap({ since })).toMatchObject({ runs: 1, outcomes: { stopped: 1 } });
    });
    expect(statusOf('unsettled')).toEqual(['CANCELLED']);
  });

  it('is run by the command line', async () => {
    const runs = await terminatedUnnoticed(['cli']);
    await untilListed(runs);
    const reap = async (...args: string[]) => {
      const place = ['--address', temporal().address, '--task-queue', harness.taskQueue];
      return await runCli(['reap', '--since', '10m', ...args, ...place], { cwd: harness.stateDir });
    };
    await withWorker(async () => {
      const dry = await reap('--dry-run', '--json');
      expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, outcomes: { running: 1 }, more: false });
      expect(statusOf('cli')).toEqual(['IN_PROGRESS']);
      const { exitCode, stdout } = await reap();
      expect(exitCode).toBe(0);
      expect(stdout).toContain('1 stopped');
      expect(stdout).toContain(`local/sleep ${jobsMarked('cli')[0]?.id}  of ${runs[0]?.workflowId}`);
    });
    expect(statusOf('cli')).toEqual(['CANCELLED']);
  });

  it('finds the job of a submit that was under way, and counts one whose fate is not known', async () => {
    const since = new Date();
    const { jobId } = await submitByHand('accepted');
    const handle = {
      provider: 'local',
      endpointId: 'sleep',
      jobId,
      submittedAt: new Date().toISOString(),
      ttlMs: 600_000,
    };
    const phases = { accepted: { phase: 'accepted', handle }, sending: { phase: 'sending' } };
    const runs = await terminatedInSubmit(phases);
    await untilListed(runs);
    await withWorker(async () => {
      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 2, outcomes: { stopped: 1 }, suspectedDuplicates: 1 });
    });
    expect(statusOf('accepted')).toEqual(['CANCELLED']);
  });
});
