import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Handler, TestClock } from '../../../emulator/index.js';
import type { Job } from '../../../emulator/job.js';
import { JobEngine } from '../../../emulator/job-engine.js';

/** The engine starts jobs a turn of the event loop after they came. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('submit', 'cancel', 'lose', 'lose later', 'retry', 'delete'), at: fc.nat(20) }),
  fc.record({ kind: fc.constant('advance'), ms: fc.nat(4_000) }),
);

it('bills to each job the time that its handler ran, whatever ended its runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new TestClock();
      const ran = new Map<string, number>();
      const handler: Handler = (_input, { jobId, signal }) => {
        const from = clock.now();
        signal.addEventListener('abort', () => ran.set(jobId, (ran.get(jobId) ?? 0) + clock.now() - from));
        return new Promise(() => undefined);
      };
      const engine = new JobEngine({ clock, onEnd: () => undefined });
      engine.register('e', { workers: 2, coldStartMs: 300, executionTimeoutMs: 9_000, handler });
      const jobs: Job[] = [];
      const submit = () => engine.submit('e', { input: 1, ttlMs: 20_000, retentionMs: 60_000, idPrefix: '' });

      for (const one of steps) {
        if ('ms' in one) clock.advance(one.ms);
        else if (one.kind === 'submit') jobs.push(submit());
        const job = 'at' in one ? jobs[one.at % Math.max(1, jobs.length)] : undefined;
        if (job && !job.deleted) {
          if (one.kind === 'cancel') engine.cancel(job);
          else if (one.kind === 'lose') engine.loseWorker(job);
          else if (one.kind === 'lose later') engine.afflict(job, { kind: 'lose-worker', afterMs: 500 });
          else if (one.kind === 'retry') engine.retry(job);
          else if (one.kind === 'delete') engine.delete(job);
        }
        await turn();
      }
      for (const job of jobs) if (!job.deleted) engine.cancel(job);

      const billed = engine.ledger().map(({ id, billedMs }) => [id, billedMs]);
      expect(billed).toEqual(jobs.map(({ id }) => [id, ran.get(id) ?? 0]));
      engine.close();
    }),
    { numRuns: 300 },
  );
});
