/**
 * Where a worker can die between the intent to submit a job and the record of what became of it. Each is where bytes are held on
 * their way, so that the worker is killed there and not near there.
 */
export interface CrashPoint {
  readonly name: string;
  /** Where the submit stands when its worker is killed. */
  readonly about: string;
  /** How far the submit is by what the server has on record of it then. */
  readonly onRecord: 'nothing' | Told;
  readonly at: AtTemporal | AtProvider;
  /** What the endpoint of its job is like; by itself it takes jobs at once, and nothing else is known of it. */
  readonly endpoint?: 'late' | 'quick';
}

/** How far a submit is, as its worker tells it: it sends the job, it has the handle, it is done. */
export type Told = 'sending' | 'accepted' | 'result';

/** Where a worker tells Temporal how far a submit is. */
interface AtTemporal {
  readonly place: 'temporal';
  /** The message of the worker that is waited for. */
  readonly message: Told;
  /** `to`: it does not arrive. `from`: it does, and the worker does not hear of it. */
  readonly held: 'to' | 'from';
}

/** Where it asks the provider. */
interface AtProvider {
  readonly place: 'provider';
  /** For the job, or how the job is. */
  readonly asked: 'run' | 'status';
  /** `request`: nothing of it arrives. `answer`: it was accepted. `nothing`: it has arrived, and is not accepted yet. */
  readonly held: 'request' | 'nothing' | 'answer';
}

const telling = (message: Told, held: AtTemporal['held']): AtTemporal => ({ place: 'temporal', message, held });
const asking = (asked: AtProvider['asked'], held: AtProvider['held']): AtProvider => ({
  place: 'provider',
  asked,
  held,
});

/** In the order in which a submit comes by them. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  {
    name: 'intent-sent',
    about: 'before the intent is on record',
    onRecord: 'nothing',
    at: telling('sending', 'to'),
  },
  {
    name: 'intent-recorded',
    about: 'the intent is on record, and nothing was sent',
    onRecord: 'sending',
    at: telling('sending', 'from'),
  },
  {
    name: 'posted',
    about: 'the POST has left, and not arrived',
    onRecord: 'sending',
    at: asking('run', 'request'),
  },
  {
    name: 'arrived',
    about: 'the POST has arrived, and is accepted later',
    onRecord: 'sending',
    at: asking('run', 'nothing'),
    endpoint: 'late',
  },
  {
    name: 'accepted',
    about: 'accepted, and not answered',
    onRecord: 'sending',
    at: asking('run', 'answer'),
  },
  {
    name: 'answered',
    about: 'answered, before the handle is on record',
    onRecord: 'sending',
    at: telling('accepted', 'to'),
  },
  {
    name: 'handle-recorded',
    about: 'the handle is on record, and not acknowledged',
    onRecord: 'accepted',
    at: telling('accepted', 'from'),
  },
  {
    name: 'staying',
    about: 'acknowledged, while it stays with a quick job',
    onRecord: 'accepted',
    at: asking('status', 'request'),
    endpoint: 'quick',
  },
  {
    name: 'acknowledged',
    about: 'acknowledged, before the result is on record',
    onRecord: 'accepted',
    at: telling('result', 'to'),
  },
  {
    name: 'result-recorded',
    about: 'the result is on record, and not acknowledged',
    onRecord: 'result',
    at: telling('result', 'from'),
  },
];

/** Begins the ids of the runs, before the name of the point. */
export const POINT_PREFIX = 'point';

const USUAL_ENDPOINT = 'points';
/** Its jobs are accepted late. */
export const LATE_ENDPOINT = 'points-late';
/** Long enough to kill a process in. */
export const LATE_MS = 1_500;
/** The workers that are killed with its jobs know it as one that ends jobs in a moment. */
const QUICK_ENDPOINT = 'points-quick';

export const POINT_ENDPOINTS: readonly string[] = [USUAL_ENDPOINT, LATE_ENDPOINT, QUICK_ENDPOINT];

export function endpointOf({ endpoint }: CrashPoint): string {
  if (endpoint === undefined) return USUAL_ENDPOINT;
  return endpoint === 'late' ? LATE_ENDPOINT : QUICK_ENDPOINT;
}
