/**
 * Where a worker can die between the intent to submit a job and the record of what became of it. Each is where bytes are held on
 * their way, so that the worker is killed there and not near there.
 */
export interface CrashPoint {
  readonly name: string;
  /** Where the submit stands when its worker is killed. */
  readonly about: string;
  readonly at: AtTemporal | AtProvider;
}

/** Where a worker tells Temporal how far a submit is. */
export interface AtTemporal {
  readonly place: 'temporal';
  /** The message of the worker that is waited for. */
  readonly message: 'sending' | 'accepted' | 'result';
  /** `to`: it does not arrive. `from`: it does, and the worker does not hear of it. */
  readonly held: 'to' | 'from';
}

/** Where it asks the provider for the job. */
interface AtProvider {
  readonly place: 'provider';
  /** `request`: nothing of it arrives. `answer`: it was accepted. `nothing`: it has arrived, and is not accepted yet. */
  readonly held: 'request' | 'nothing' | 'answer';
}

const telling = (message: AtTemporal['message'], held: AtTemporal['held']): AtTemporal => ({
  place: 'temporal',
  message,
  held,
});
const asking = (held: AtProvider['held']): AtProvider => ({ place: 'provider', held });

/** In the order in which a submit comes by them. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  { name: 'intent-sent', about: 'before the intent is on record', at: telling('sending', 'to') },
  { name: 'intent-recorded', about: 'the intent is on record, and nothing was sent', at: telling('sending', 'from') },
  { name: 'posted', about: 'the POST has left, and not arrived', at: asking('request') },
  { name: 'arrived', about: 'the POST has arrived, and is accepted later', at: asking('nothing') },
  { name: 'accepted', about: 'accepted, and not answered', at: asking('answer') },
  { name: 'answered', about: 'answered, before the handle is on record', at: telling('accepted', 'to') },
  { name: 'handle-recorded', about: 'the handle is on record, and not acknowledged', at: telling('accepted', 'from') },
  { name: 'acknowledged', about: 'acknowledged, before the result is on record', at: telling('result', 'to') },
  { name: 'result-recorded', about: 'the result is on record, and not acknowledged', at: telling('result', 'from') },
];

/** Begins the ids of the runs, before the name of the point. */
export const POINT_PREFIX = 'point';

/** The endpoint of jobs that are killed at a point; those of `arrived` are accepted late there. */
export const POINTS_ENDPOINT = 'points';
export const LATE_ENDPOINT = 'points-late';
/** Long enough to kill a process in. */
export const LATE_MS = 1_500;

export function endpointOf({ at }: CrashPoint): string {
  return at.place === 'provider' && at.held === 'nothing' ? LATE_ENDPOINT : POINTS_ENDPOINT;
}

/** Whether a message of a worker is the one that a point waits for, of the submit of this run. */
export function isAwaited(message: string, awaited: AtTemporal['message'], workflowId: string): boolean {
  // The task token in each names the run.
  if (!message.includes(workflowId)) return false;
  if (awaited !== 'result') return message.includes(`"phase":"${awaited}"`);
  return message.includes('{"handle":') && !message.includes('"phase"');
}

/** What a client of HTTP/1.1 sends on one connection, a request at a time. */
export class Requests {
  #text = '';

  /** The request that the bytes belong to, as far as it came. */
  take(chunk: Buffer): string {
    const text = chunk.toString('latin1');
    this.#text = /^(GET|POST|DELETE) /.test(text) ? text : this.#text + text;
    return this.#text;
  }

  get current(): string {
    return this.#text;
  }
}

/** Whether it is a submit, and of which run: undefined where the body did not come yet. */
export function submitIn(request: string): { readonly run: string | undefined } | undefined {
  if (!/^POST \/v2\/[^/ ]+\/run /.test(request)) return undefined;
  return { run: /"run":"([^"]+)"/.exec(request)?.[1] };
}
