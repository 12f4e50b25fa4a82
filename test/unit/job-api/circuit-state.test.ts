import { describe, expect, it } from 'vitest';
import {
  admission,
  type CircuitEvent,
  type CircuitState,
  CLOSED,
  nextCircuit,
} from '../../../job-api/circuits/circuit-state.js';

const settings = { failures: 3, windowMs: 60_000, openMs: 1_000, maxOpenMs: 4_000 };
const MOST = 1;

/** The state after events that come a millisecond apart, from `now` on. */
function stateAfter(
  events: readonly CircuitEvent[],
  from: CircuitState = CLOSED,
  now = 0,
  random = MOST,
): CircuitState {
  return events.reduce(
    (state, event, at) => nextCircuit(state, event, settings, { now: now + at, random: () => random }),
    from,
  );
}

const times = (count: number, event: CircuitEvent) => Array.from({ length: count }, () => event);

describe('a closed circuit', () => {
  it.each<[string, CircuitEvent[], string]>([
    ['stays so for fewer failures', times(2, 'submit-failed'), 'closed'],
    ['opens for as many submits without an answer', times(3, 'submit-failed'), 'submits'],
    ['opens for as many jobs that the platform failed', times(3, 'job-failed'), 'jobs'],
    ['does not add one kind to the other', ['submit-failed', 'job-failed', 'submit-failed', 'job-failed'], 'closed'],
    ['stays so where most went well', [...times(4, 'submit-accepted'), ...times(3, 'submit-failed')], 'closed'],
    ['opens where half went well', [...times(3, 'job-ended'), ...times(3, 'job-failed')], 'jobs'],
    [
      'does not take accepted submits for jobs that ran',
      [...times(9, 'submit-accepted'), ...times(3, 'job-failed')],
      'jobs',
    ],
    ['opens at once where no worker can start', ['no-worker'], 'workers'],
    ['knows the last twenty alone', [...times(500, 'job-ended'), ...times(10, 'job-failed')], 'jobs'],
  ])('%s', (_, events, expected) => {
    const state = stateAfter(events);
    expect(state.status === 'closed' ? state.status : state.cause).toBe(expected);
  });

  it('forgets what is older than the window', () => {
    const before = stateAfter(times(2, 'submit-failed'));
    expect(stateAfter(['submit-failed'], before, 70_000).status).toBe('closed');
  });
});

describe('an open circuit', () => {
  const opened = stateAfter(times(3, 'submit-failed'));

  it('lets nothing through for its time, half of which is by chance', () => {
    const least = stateAfter(times(3, 'submit-failed'), CLOSED, 0, 0);
    expect([opened, least].map((state) => admission(state, settings, 2))).toEqual([
      { kind: 'wait', cause: 'submits', forMs: 1_000 },
      { kind: 'wait', cause: 'submits', forMs: 500 },
    ]);
  });

  it('does not heed what was under way when it opened', () => {
    expect(stateAfter(['submit-accepted', 'submit-failed', 'job-ended'], opened)).toBe(opened);
  });

  it('of an endpoint without workers closes when it has one', () => {
    expect(stateAfter(['no-worker', 'workers']).status).toBe('closed');
  });

  it('lets one submit through after that, and another where nothing was heard of it', () => {
    const probe = admission(opened, settings, 1_002);
    if (probe.kind !== 'probe') throw new Error(`not a probe: ${probe.kind}`);
    expect(admission(probe.state, settings, 1_003)).toEqual({ kind: 'wait', cause: 'submits', forMs: 999 });
    expect(admission(probe.state, settings, 2_002).kind).toBe('probe');
  });
});

describe('a half-open circuit', () => {
  const halfOpen = (cause: 'submits' | 'jobs' | 'workers', openings = 1): CircuitState => ({
    ...{ status: 'half-open', cause, openings, probeUntilMs: 1_000 },
  });

  it.each<[CircuitState, CircuitEvent, CircuitState['status']]>([
    [halfOpen('submits'), 'submit-accepted', 'closed'],
    [halfOpen('submits'), 'submit-failed', 'open'],
    [halfOpen('jobs'), 'submit-accepted', 'half-open'],
    [halfOpen('jobs'), 'job-ended', 'closed'],
    [halfOpen('jobs'), 'job-failed', 'open'],
    [halfOpen('jobs'), 'submit-failed', 'open'],
    [halfOpen('workers'), 'submit-accepted', 'half-open'],
    [halfOpen('workers'), 'workers', 'closed'],
    [halfOpen('workers'), 'no-worker', 'open'],
  ])('of $cause becomes, after %s, %s', (state, event, expected) => {
    expect(stateAfter([event], state).status).toBe(expected);
  });

  it('stays open longer each time, up to a bound', () => {
    const waits = [1, 2, 3, 4].map((openings) => {
      const answer = admission(stateAfter(['submit-failed'], halfOpen('submits', openings)), settings, 0);
      return answer.kind === 'wait' && answer.forMs;
    });
    expect(waits).toEqual([2_000, 4_000, 4_000, 4_000]);
  });
});
