/** When an endpoint is left alone for a while, as a state machine. Pure: events, the time and a number in, states out. */

export interface CircuitSettings {
  /** So many failures of one kind open it, where they are at least half of what was seen lately. */
  readonly failures: number;
  /** What is older is forgotten. */
  readonly windowMs: number;
  /** How long it is open the first time; doubled each time that the probe fails too. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/** Why a circuit opened. `workers`: none can start, by the endpoint's own counters. */
export type CircuitCause = 'submits' | 'jobs' | 'workers';

export type CircuitEvent =
  /** Nobody knows of a job: no answer, a 5xx, or none that could be read. */
  | 'submit-failed'
  | 'submit-accepted'
  /** By the platform. */
  | 'job-failed'
  /** With a result, or a failure of its own handler: the platform did its part. */
  | 'job-ended'
  | 'no-worker'
  | 'workers';

interface Outcome {
  readonly at: number;
  readonly failed: boolean;
}

export type CircuitState =
  | { readonly status: 'closed'; readonly submits: readonly Outcome[]; readonly jobs: readonly Outcome[] }
  | {
      readonly status: 'open';
      readonly cause: CircuitCause;
      readonly untilMs: number;
      /** In a row. */
      readonly openings: number;
    }
  | {
      /** One submit goes through, to see. */
      readonly status: 'half-open';
      readonly cause: CircuitCause;
      /** If nothing was heard of that one by then, another goes. */
      readonly probeUntilMs: number;
      readonly openings: number;
    };

export const CLOSED: CircuitState = { status: 'closed', submits: [], jobs: [] };

/** Outcomes of a kind that are kept: enough to tell half of them, and few on an endpoint with thousands of jobs. */
const OUTCOMES_MAX = 20;

/** @param random from 0 to 1: half of the time for which it is open is by chance */
export function nextCircuit(
  state: CircuitState,
  event: CircuitEvent,
  settings: CircuitSettings,
  { now, random }: { readonly now: number; readonly random: () => number },
): CircuitState {
  const open = (cause: CircuitCause, openings: number): CircuitState => {
    const longest = Math.min(settings.maxOpenMs, settings.openMs * 2 ** (openings - 1));
    return { status: 'open', cause, untilMs: now + Math.round(longest * (0.5 + random() / 2)), openings };
  };
  switch (state.status) {
    case 'closed': {
      if (event === 'no-worker') return open('workers', 1);
      if (event === 'workers') return state;
      const kind = kindOf(event);
      const recent = [...state[kind], { at: now, failed: isFailure(event) }]
        .filter(({ at }) => now - at <= settings.windowMs)
        .slice(-OUTCOMES_MAX);
      const failed = recent.filter((outcome) => outcome.failed).length;
      if (isFailure(event) && failed >= settings.failures && failed * 2 >= recent.length) return open(kind, 1);
      return { ...state, [kind]: recent };
    }
    case 'open':
      // What was under way before says nothing new; the counters do.
      return state.cause === 'workers' && event === 'workers' ? CLOSED : state;
    case 'half-open': {
      const { cause, openings } = state;
      if (isFailure(event)) return open(event === 'no-worker' ? 'workers' : kindOf(event), openings + 1);
      return isProofFor(cause, event) ? CLOSED : state;
    }
  }
}

export type Admission =
  | { readonly kind: 'go' }
  /** Goes too, and what becomes of it decides. */
  | { readonly kind: 'probe'; readonly state: CircuitState }
  | { readonly kind: 'wait'; readonly cause: CircuitCause; readonly forMs: number };

/** Whether a submit goes now. */
export function admission(state: CircuitState, { openMs }: CircuitSettings, now: number): Admission {
  if (state.status === 'closed') return { kind: 'go' };
  const { cause, openings } = state;
  const until = state.status === 'open' ? state.untilMs : state.probeUntilMs;
  if (now < until) return { kind: 'wait', cause, forMs: until - now };
  return { kind: 'probe', state: { status: 'half-open', cause, openings, probeUntilMs: now + openMs } };
}

function isFailure(event: CircuitEvent): event is 'submit-failed' | 'job-failed' | 'no-worker' {
  return event === 'submit-failed' || event === 'job-failed' || event === 'no-worker';
}

function kindOf(event: Exclude<CircuitEvent, 'no-worker' | 'workers'>): 'submits' | 'jobs' {
  return event === 'submit-failed' || event === 'submit-accepted' ? 'submits' : 'jobs';
}

/** That jobs are taken again is no proof that they are run. */
function isProofFor(cause: CircuitCause, event: CircuitEvent): boolean {
  switch (cause) {
    case 'submits':
      return event === 'submit-accepted' || event === 'job-ended';
    case 'jobs':
      return event === 'job-ended';
    case 'workers':
      return event === 'workers' || event === 'job-ended';
  }
}
