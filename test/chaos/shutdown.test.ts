import { describe, expect, it } from 'vitest';
import { until } from '../integration/harness.js';
import { startFleet, untilAwaited } from './fleet.js';
import { createGates, heldEndpoint } from './gates.js';

const TIMEOUT_MS = 180_000;

describe.concurrent('SIGTERM of the worker', () => {
  it('while a job waits: it exits, cancels nothing, and another worker finishes the run', {
    timeout: TIMEOUT_MS,
  }, async ({ onTestFinished }) => {
    const gates = createGates();
    const fleet = await startFleet({ endpoints: { held: heldEndpoint(gates) } });
    onTestFinished(() => fleet.stop());
    const first = await fleet.startWorker();
    const run = await fleet.relay.start('job', { endpoint: 'local/held', input: { mark: 'waits' } });
    await untilAwaited(run);
    await until('the job runs', () => fleet.jobsMarked('waits')[0]?.status === 'IN_PROGRESS');

    first.signal('SIGTERM');
    // One that something holds up is forced to end after 45 s, which is an error.
    expect(await first.ended).toBe(0);
    expect(fleet.jobsMarked('waits')).toMatchObject([{ status: 'IN_PROGRESS' }]);

    await fleet.startWorker();
    gates.open('waits');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', suspectedDuplicates: 0 });
    expect(fleet.jobsMarked('waits')).toMatchObject([{ status: 'COMPLETED' }]);
  });

  it('while a submit waits for its answer: the answer is waited for, and the job is submitted once', {
    timeout: TIMEOUT_MS,
  }, async ({ onTestFinished }) => {
    const gates = createGates();
    const fleet = await startFleet({ endpoints: { held: heldEndpoint(gates) } });
    onTestFinished(() => fleet.stop());
    // Longer than the grace after which activities that listen are told to leave.
    fleet.emulator.setFaults([{ kind: 'delay-answer', operation: 'run', delayMs: 4_000, times: 1 }]);
    const first = await fleet.startWorker();
    const run = await fleet.relay.start('job', { endpoint: 'local/held', input: { mark: 'sent' } });
    await until('the provider has the job', () => fleet.jobsMarked('sent').length > 0);

    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    await fleet.startWorker();
    gates.open('sent');
    expect(await run.result()).toMatchObject({ attempts: [{ outcome: 'COMPLETED' }], suspectedDuplicates: 0 });
    expect(fleet.jobsMarked('sent')).toHaveLength(1);
  });
});
