import { describe, expect, it } from 'vitest';
import { Circuit, type CircuitChange, CircuitOpen, canStartNone } from '../../../job-api/circuits/circuit.js';
import type { EndpointHealth } from '../../../job-api/job.js';

const settings = { failures: 2, windowMs: 60_000, openMs: 1_000, maxOpenMs: 4_000 };
const THROTTLED: EndpointHealth = { jobs: {}, workers: { throttled: 2, running: 0 } };
const RUNNING: EndpointHealth = { jobs: {}, workers: { throttled: 2, running: 1 } };

function make(readHealth?: () => Promise<EndpointHealth>) {
  let now = 0;
  const changes: CircuitChange[] = [];
  const circuit = new Circuit({
    name: 'p/e',
    settings,
    clock: { now: () => now },
    random: () => 1,
    onChange: (change) => changes.push(change),
    ...(readHealth && { readHealth }),
  });
  return { circuit, changes, pass: (ms: number) => (now += ms) };
}

const refusal = (circuit: Circuit, hasSubstitute = true) =>
  circuit.admit({ hasSubstitute }).then(
    () => undefined,
    (error: unknown) => error as CircuitOpen,
  );

describe('a circuit', () => {
  it('refuses submits while it is open, and says for how long and why', async () => {
    const { circuit } = make();
    for (const _ of [1, 2]) circuit.record('submit-failed');
    const error = await refusal(circuit);
    expect(error).toBeInstanceOf(CircuitOpen);
    expect(error?.message).toBe(
      'circuit open: p/e gave no usable answer to its last submits; nothing is sent there for 1000 ms',
    );
    // A quarter by chance: those that wait do not come back together.
    expect(error?.retryAfterMs).toBe(1_250);
  });

  it('lets one through after its time, and tells once that it opened and closed', async () => {
    const { circuit, changes, pass } = make();
    for (const _ of [1, 2, 3]) circuit.record('submit-failed');
    pass(1_000);
    expect(await refusal(circuit)).toBeUndefined();
    expect(await refusal(circuit)).toBeInstanceOf(CircuitOpen);
    circuit.record('submit-accepted');
    expect(await refusal(circuit)).toBeUndefined();
    expect(changes.map(({ status }) => status)).toEqual(['open', 'closed']);
  });

  it('asks the counters where the job can go elsewhere: once for all that come together, and seldom', async () => {
    let reads = 0;
    let health = THROTTLED;
    const { circuit, pass } = make(async () => {
      reads += 1;
      return health;
    });
    const together = await Promise.all([refusal(circuit), refusal(circuit), refusal(circuit)]);
    expect(together.every((error) => error instanceof CircuitOpen)).toBe(true);
    expect(await refusal(circuit, false)).toBeUndefined();
    expect(reads).toBe(1);
    health = RUNNING;
    pass(10_000);
    expect(await refusal(circuit)).toBeUndefined();
    expect(reads).toBe(2);
  });

  it('stays closed where the counters cannot be read', async () => {
    const { circuit } = make(() => Promise.reject(new Error('no answer')));
    expect(await refusal(circuit)).toBeUndefined();
  });
});

describe('the counters of an endpoint', () => {
  it.each<[string, EndpointHealth['workers'], boolean]>([
    ['all throttled', { throttled: 3, idle: 0 }, true],
    ['all unhealthy', { unhealthy: 1 }, true],
    ['some throttled', { throttled: 3, ready: 1 }, false],
    ['one that comes up', { throttled: 3, initializing: 1 }, false],
    ['scaled to zero', { idle: 0, running: 0, throttled: 0 }, false],
    ['not counted', {}, false],
  ])('%s', (_, workers, expected) => {
    expect(canStartNone({ jobs: {}, workers })).toBe(expected);
  });
});
