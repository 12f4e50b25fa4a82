import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../emulator/clock.js';
import type { HandlerContext } from '../../../emulator/handler.js';
import type { Job } from '../../../emulator/job.js';
import { JobEngine } from '../../../emulator/job-engine.js';
import { runpodJob } from '../../../emulator/runpod-job.js';
import type { JsonValue } from '../../../job-api/json.js';

interface Run {
  readonly input: JsonValue;
  readonly context: HandlerContext;
  finish(output: JsonValue): void;
}

/** An engine with one endpoint of one worker, whose runs the test ends itself. */
function engineUnderTest() {
  const runs: Run[] = [];
  const engine = new JobEngine({ clock: systemClock, onEnd: () => undefined });
  onTestFinished(() => engine.close());
  engine.register('draw', {
    workers: 1,
    handler: (input, context) => new Promise((resolve) => runs.push({ input, context, finish: resolve })),
  });
  return {
    engine,
    submit: (input: JsonValue): Job =>
      engine.submit('draw', { input, idPrefix: '', ttlMs: 3_600_000, retentionMs: 60_000 }),
    run: (number: number) =>
      vi.waitFor(() => {
        const run = runs[number - 1];
        if (!run) throw new Error(`${runs.length} runs so far`);
        return run;
      }, 45_000),
    ended: (job: Job) => job.until(() => !job.isLive, 10_000, new AbortController().signal),
  };
}

describe('a job that loses its worker', () => {
  it('is given to another worker, before those that wait, and says so', async () => {
    const { engine, submit, run, ended } = engineUnderTest();
    const job = submit('first');
    await run(1);
    submit('second');
    engine.loseWorker(job);
    expect(job.status).toBe('IN_QUEUE');
    const second = await run(2);
    expect(second).toMatchObject({ input: 'first', context: { jobId: job.id, attempt: 2 } });
    second.finish('drawn');
    await ended(job);
    expect(runpodJob(job)).toMatchObject({ status: 'COMPLETED', output: 'drawn', retries: 1 });
  });

  it('fails where the other worker is lost as well', async () => {
    const { engine, submit, run } = engineUnderTest();
    const job = submit('first');
    for (const attempt of [1, 2]) {
      await run(attempt);
      engine.loseWorker(job);
    }
    expect(runpodJob(job)).toMatchObject({ status: 'FAILED', error: 'job timed out after 1 retries', retries: 1 });
    expect(engine.health('draw').jobs).toEqual({ completed: 0, failed: 1, inProgress: 0, inQueue: 0, retried: 1 });
  });

  it('takes nothing from the worker that was lost', async () => {
    const { engine, submit, run, ended } = engineUnderTest();
    const job = submit('first');
    const lost = await run(1);
    engine.loseWorker(job);
    expect(lost.context.signal.aborted).toBe(true);
    const second = await run(2);
    lost.context.progress('too late');
    lost.finish('too late');
    expect(job.output).toBeUndefined();
    second.finish('drawn');
    await ended(job);
    expect(job.output).toBe('drawn');
  });

  it('has one more retry after a client asked for it anew', async () => {
    const { engine, submit, run } = engineUnderTest();
    const job = submit('first');
    for (const attempt of [1, 2]) {
      await run(attempt);
      engine.loseWorker(job);
    }
    expect(engine.retry(job)).toBe(true);
    await run(3);
    engine.loseWorker(job);
    expect(job.status).toBe('IN_QUEUE');
  });
});

describe('a job that does not run', () => {
  it('has no worker to lose', async () => {
    const { engine, submit, run, ended } = engineUnderTest();
    const job = submit('first');
    engine.loseWorker(job);
    const first = await run(1);
    first.finish('drawn');
    await ended(job);
    engine.loseWorker(job);
    expect(runpodJob(job)).toMatchObject({ status: 'COMPLETED', output: 'drawn' });
    expect(engine.health('draw').jobs).toMatchObject({ completed: 1, retried: 0 });
  });
});
