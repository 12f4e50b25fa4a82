import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';
import { receiver } from './receiver.js';

describe('a webhook', () => {
  it('gets the finished job with its input and its own URL', async () => {
    const { url, deliveries } = await receiver();
    const webhook = `${url}/done?token=t1`;
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { a: 1 }, { webhook });
    await eventually(() => expect(deliveries).toHaveLength(1));
    const { body: job } = await emulator.get(`/v2/echo/status/${id}`);
    expect(deliveries[0]).toMatchObject({
      path: '/done?token=t1',
      headers: { 'content-type': 'application/json', 'user-agent': 'Go-http-client/2.0' },
    });
    expect(deliveries[0]?.body).toEqual({ ...job, input: { a: 1 }, webhook });
  });

  it('is sent for a failed and for a cancelled job too', async () => {
    const { url, deliveries } = await receiver();
    const emulator = await emulatorForTest();
    await emulator.submit('fail', { message: 'x' }, { webhook: url });
    await eventually(() => expect(deliveries.map(({ body }) => body.status)).toEqual(['FAILED']));
    const id = await emulator.submit('nobody-home', { a: 1 }, { webhook: url });
    await emulator.post(`/v2/nobody-home/cancel/${id}`);
    await eventually(() => expect(deliveries.map(({ body }) => body.status)).toEqual(['FAILED', 'CANCELLED']));
  });

  it('is repeated until a 2xx comes', async () => {
    const { url, deliveries } = await receiver(500, 302);
    const emulator = await emulatorForTest({ webhookRetryDelaysMs: [1, 1] });
    await emulator.submit('echo', { a: 1 }, { webhook: url });
    await eventually(() => expect(deliveries).toHaveLength(3));
  });

  it('is repeated twice, 10 s apart, then given up', async () => {
    const clock = new TestClock();
    const lines: string[] = [];
    const { url, deliveries } = await receiver(500, 500, 500, 500);
    const emulator = await emulatorForTest({ clock, log: (line) => lines.push(line) });
    const id = await emulator.submit('echo', { a: 1 }, { webhook: url });
    for (let tries = 1; tries <= 2; tries += 1) {
      await eventually(() => expect(deliveries).toHaveLength(tries));
      await eventually(() => expect(clock.isWaitedFor(10_000)).toBe(true));
      clock.advance(10_000);
    }
    await eventually(() => expect(lines).toEqual([`the webhook of job ${id} was given up after 3 tries`]));
    expect(deliveries).toHaveLength(3);
  });

  it.each([
    'https://hooks.example/x',
    'http://10.0.0.1/x',
    'http://127.0.0.1.example/',
    'file:///etc/passwd',
    'nonsense',
  ])('is not sent to %s, and says so', async (webhook) => {
    const lines: string[] = [];
    const emulator = await emulatorForTest({ log: (line) => lines.push(line) });
    const id = await emulator.submit('echo', { a: 1 }, { webhook });
    await emulator.reaches('echo', id, 'COMPLETED');
    expect(lines).toEqual([`the webhook of job ${id} was not sent: the emulator only calls hosts on this machine`]);
  });
});
