import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndpointDefinition, TestClock } from '../../../emulator/index.js';
import type { Job } from '../../../emulator/job.js';
import { JobEngine } from '../../../emulator/job-engine.js';

/** The engine starts jobs a turn of the event loop after they came. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function engineWith(definition: EndpointDefinition) {
  const clock = new TestClock();
  const engine = new JobEngine({ clock, onEnd: () => undefined });
  engine.register('e', definition);
  const submit = () => engine.submit('e', { input: 1, ttlMs: 86_400_000, retentionMs: 1_800_000, idPrefix: '' });
  return { clock, engine, submit };
}

const forever = () => new Promise<never>(() => undefined);
const sum = (counts: object): number => Object.values(counts).reduce((total, count) => total + count, 0);
const workersOf = ({ workers: { ready: _alsoIdle, ...states } }: ReturnType<JobEngine['health']>) => sum(states);

const action = fc.oneof(
  fc.record({ kind: fc.constantFrom('submit', 'cancel', 'lose', 'retry', 'delete'), at: fc.nat(20) }),
  fc.record({ kind: fc.constant('unavailable'), throttled: fc.nat(3), unhealthy: fc.nat(3) }),
  fc.record({ kind: fc.constant('advance'), ms: fc.nat(3_000) }),
);

describe('health', () => {
  it('adds up whatever happens: every live job and every worker is counted once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), fc.nat(2_000), async (actions, coldStartMs) => {
        const { clock, engine, submit } = engineWith({ workers: 4, coldStartMs, handler: forever });
        const jobs: Job[] = [];
        for (const step of actions) {
          const job = 'at' in step ? jobs[step.at % Math.max(1, jobs.length)] : undefined;
          if (step.kind === 'submit') jobs.push(submit());
          else if ('ms' in step) clock.advance(step.ms);
          else if ('throttled' in step) engine.setUnavailable('e', step);
          else if (job && step.kind === 'cancel') engine.cancel(job);
          else if (job && step.kind === 'lose') engine.loseWorker(job);
          else if (job && step.kind === 'retry') engine.retry(job);
          else if (job && !job.deleted) engine.delete(job);
          await turn();

          const health = engine.health('e');
          const counted = (status: Job['status']) => jobs.filter((one) => one.isLive && one.status === status).length;
          expect(health.jobs.inQueue).toBe(counted('IN_QUEUE'));
          expect(health.jobs.inProgress).toBe(counted('IN_PROGRESS'));
          expect(health.workers.running).toBe(health.jobs.inProgress);
          expect(workersOf(health)).toBe(4);
        }
        engine.close();
      }),
      { numRuns: 200 },
    );
  });

  it('counts workers of a former size until they end their jobs', async () => {
    const { engine, submit } = engineWith({ workers: 2, handler: forever });
    const [first] = [submit(), submit()];
    await turn();
    engine.register('e', { workers: 1, handler: forever });
    expect(engine.health('e').workers).toMatchObject({ idle: 1, running: 2 });
    engine.cancel(first as Job);
    expect(engine.health('e').workers).toMatchObject({ idle: 1, running: 1 });
    engine.close();
  });

  it('gives no job to throttled and unhealthy workers, until they are back', async () => {
    const { engine, submit } = engineWith({
      workers: 3,
      throttledWorkers: 1,
      unhealthyWorkers: 1,
      handler: forever,
    });
    for (let i = 0; i < 3; i += 1) submit();
    await turn();
    expect(engine.health('e')).toMatchObject({
      jobs: { inProgress: 1, inQueue: 2 },
      workers: { idle: 0, running: 1, throttled: 1, unhealthy: 1 },
    });
    engine.setUnavailable('e', { unhealthy: 1 });
    await turn();
    expect(engine.health('e').workers).toMatchObject({ running: 2, throttled: 0, unhealthy: 1 });
    engine.close();
  });

  it('lets a worker end its job before it is out of service', async () => {
    const { engine, submit } = engineWith({ workers: 1, handler: forever });
    const job = submit();
    await turn();
    engine.setUnavailable('e', { throttled: 1 });
    expect(engine.health('e').workers).toMatchObject({ running: 1, throttled: 0 });
    engine.cancel(job);
    expect(engine.health('e').workers).toMatchObject({ running: 0, idle: 0, throttled: 1 });
    engine.close();
  });
});
