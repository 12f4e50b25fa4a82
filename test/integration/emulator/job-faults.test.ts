import { describe, expect, it } from 'vitest';
import { type Fault, TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';
import { receiver } from './receiver.js';

describe('a lost worker', () => {
  it('has its job given to another, with a retry more and a delay that counts anew', async () => {
    const clock = new TestClock();
    const attempts: number[] = [];
    const emulator = await emulatorForTest({
      clock,
      endpoints: {
        slow: {
          workers: 1,
          handler: (_input, { attempt }) => {
            attempts.push(attempt);
            return attempt === 1 ? new Promise(() => undefined) : 'second time';
          },
        },
      },
    });
    emulator.setFaults([{ kind: 'lose-worker', operation: 'run', afterMs: 40_000 }]);
    const id = await emulator.submit('slow', { a: 1 });
    await emulator.reaches('slow', id, 'IN_PROGRESS');
    clock.advance(40_000);
    const { body } = await emulator.reaches('slow', id, 'COMPLETED');
    expect(body).toMatchObject({ retries: 1, output: 'second time', delayTime: 0, executionTime: 0 });
    expect(attempts).toEqual([1, 2]);
    expect(emulator.jobs()).toMatchObject([{ id, status: 'COMPLETED', billedMs: 40_000 }]);
    expect((await emulator.get('/v2/slow/health')).body.jobs).toMatchObject({ completed: 1, retried: 1 });
  });

  it('fails its job where the next one is lost too', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'lose-worker', losses: 2, operation: 'run' }]);
    const id = await emulator.submit('sleep', { ms: 60_000 });
    const { body } = await emulator.reaches('sleep', id, 'FAILED');
    expect(body).toMatchObject({ error: 'job timed out after 1 retries', retries: 1 });
  });

  it('is lost at a read of its running job, and not before the job runs', async () => {
    const emulator = await emulatorForTest({ endpoints: { sleep: { workers: 1 } } });
    const running = await emulator.submit('sleep', { ms: 60_000 });
    await emulator.reaches('sleep', running, 'IN_PROGRESS');
    const queued = await emulator.submit('sleep', { ms: 60_000 });
    emulator.setFaults([{ kind: 'lose-worker', operation: 'status', times: 1 }]);
    expect((await emulator.get(`/v2/sleep/status/${queued}`)).body).toEqual({ id: queued, status: 'IN_QUEUE' });
    expect((await emulator.get(`/v2/sleep/status/${running}`)).body).toEqual({ id: running, status: 'IN_QUEUE' });
    await eventually(async () => {
      const { body } = await emulator.get(`/v2/sleep/status/${running}`);
      expect(body).toMatchObject({ status: 'IN_PROGRESS', retries: 1 });
    });
  });
});

describe('what a job is robbed of', () => {
  it('its output, though it is COMPLETED', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'lose-output', operation: 'run', times: 1 }]);
    const robbed = await emulator.submit('echo', { a: 1 });
    const { body } = await emulator.reaches('echo', robbed, 'COMPLETED');
    expect(body).not.toHaveProperty('output');
    const next = await emulator.submit('echo', { a: 1 });
    expect((await emulator.reaches('echo', next, 'COMPLETED')).body.output).toEqual({ a: 1 });
  });

  it('its output in runsync as well', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'lose-output' }]);
    const { body } = await emulator.post('/v2/echo/runsync', { input: { a: 1 } });
    expect(body.status).toBe('COMPLETED');
    expect(body).not.toHaveProperty('output');
  });

  it('its end, for a read that meets a late progress', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { a: 1 });
    await emulator.reaches('echo', id, 'COMPLETED');
    emulator.setFaults([{ kind: 'late-progress', operation: 'status', progress: { percent: 99 }, times: 1 }]);
    const { body } = await emulator.get(`/v2/echo/status/${id}`);
    expect(body).toMatchObject({ id, status: 'IN_PROGRESS', output: { percent: 99 } });
    expect(body).not.toHaveProperty('executionTime');
    expect((await emulator.get(`/v2/echo/status/${id}`)).body).toMatchObject({ status: 'COMPLETED', output: { a: 1 } });
  });

  it('nothing by a late progress before its end', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'late-progress' }]);
    const id = await emulator.submit('nobody-home', { a: 1 });
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).body.status).toBe('IN_QUEUE');
    expect((await emulator.get('/_emulator/faults')).body.faults).toMatchObject([{ hits: 0 }]);
  });
});

describe('a webhook', () => {
  const submitted = async (clock: TestClock, fault: Fault) => {
    const { url, deliveries } = await receiver();
    const emulator = await emulatorForTest({ clock });
    emulator.setFaults([fault]);
    const id = await emulator.submit('echo', { a: 1 }, { webhook: url });
    await emulator.reaches('echo', id, 'COMPLETED');
    return { emulator, url, deliveries };
  };

  it('comes late', async () => {
    const clock = new TestClock();
    const { deliveries } = await submitted(clock, { kind: 'webhook-late', delayMs: 120_000 });
    await eventually(() => expect(clock.isWaitedFor(120_000)).toBe(true));
    expect(deliveries).toHaveLength(0);
    clock.advance(120_000);
    await eventually(() => expect(deliveries).toHaveLength(1));
  });

  it('comes twice', async () => {
    const { deliveries } = await submitted(new TestClock(), { kind: 'webhook-twice', operation: 'run' });
    await eventually(() => expect(deliveries).toHaveLength(2));
    expect(deliveries[1]?.body).toEqual(deliveries[0]?.body);
  });

  it('never comes', async () => {
    const { emulator, url, deliveries } = await submitted(new TestClock(), { kind: 'webhook-never', nth: 1 });
    const next = await emulator.submit('echo', { a: 2 }, { webhook: url });
    await eventually(() => expect(deliveries).toHaveLength(1));
    expect(deliveries[0]?.body.id).toBe(next);
  });
});
