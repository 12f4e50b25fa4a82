import { type Fault, type FaultOf, parseFaults, parseFaultsBody } from './fault.js';
import type { JobFault } from './job-faults.js';
import { isOfOneJob, isSubmit, type Operation } from './operation.js';
import { type Random, seededRandom } from './random.js';

/** What one request meets. */
export interface RequestFaults {
  readonly delayMs: number;
  readonly answerDelayMs: number;
  readonly dropJob: boolean;
  /** What is to happen to the job that the request makes or names. */
  readonly ofJob: readonly JobFault[];
  readonly lateProgress: FaultOf<'late-progress'> | undefined;
  /** The fault that decides the answer, where there is one. */
  readonly answer: AnswerFault | undefined;
}

export type AnswerFault = FaultOf<'status' | 'lose-answer' | 'reset' | 'truncate-answer' | 'malform-answer'>;

export interface FaultRequest {
  readonly endpoint: string;
  readonly operation: Operation;
  /** The job that the request names, where there is one. */
  readonly job: { readonly isLive: boolean; readonly isRunning: boolean } | undefined;
}

interface Entry {
  readonly fault: Fault;
  readonly random: Random;
  /** Requests that it was about. */
  matches: number;
  /** Those it took. */
  hits: number;
}

const DEFAULT_SEED = 1;

/**
 * The faults in force. They apply in their order: delays and what befalls the job add up, and the first that decides the
 * answer is the last that is looked at, so that those behind it are not used up unseen.
 */
export class FaultBoard {
  #entries: Entry[] = [];

  /** Replaces all faults; the same seed makes the same choices. Throws `InvalidFault`. */
  set(faults: unknown, { seed }: { readonly seed?: number | undefined } = {}): void {
    this.#replace(parseFaults(faults), seed);
  }

  /** The same for `{ "faults": […], "seed": 7 }`, as it comes over HTTP. */
  setFromBody(body: unknown): void {
    const { faults, seed } = parseFaultsBody(body);
    this.#replace(faults, seed);
  }

  clear(): void {
    this.#entries = [];
  }

  /** The faults as they were set, each with the number of requests it took. */
  list(): (Fault & { readonly hits: number })[] {
    return this.#entries.map(({ fault, hits }) => ({ ...fault, hits }));
  }

  /** Whether this request's connection is reset before it is read; counts as a hit. */
  takeUnread(request: Omit<FaultRequest, 'job'>): boolean {
    return this.#entries.some((entry) => isUnread(entry.fault) && hits(entry, { ...request, job: undefined }));
  }

  /** What this request meets once it is read; counts as a hit. */
  take(request: FaultRequest): RequestFaults {
    let delayMs = 0;
    let answerDelayMs = 0;
    let dropJob = false;
    let lateProgress: RequestFaults['lateProgress'];
    let answer: RequestFaults['answer'];
    const ofJob: JobFault[] = [];
    for (const entry of this.#entries) {
      const { fault } = entry;
      if (isUnread(fault) || !hits(entry, request)) continue;
      if (fault.kind === 'delay') delayMs += fault.delayMs;
      else if (fault.kind === 'delay-answer') answerDelayMs += fault.delayMs;
      else if (fault.kind === 'drop-job') dropJob = true;
      else if (fault.kind === 'late-progress') lateProgress = fault;
      else if (decidesAnswer(fault)) {
        answer = fault;
        break;
      } else ofJob.push(fault);
    }
    return { delayMs, answerDelayMs, dropJob, ofJob, lateProgress, answer };
  }

  #replace(faults: readonly Fault[], seed = DEFAULT_SEED): void {
    // Each has a sequence of its own: what one meets doesn't depend on what another took.
    this.#entries = faults.map((fault, index) => ({
      fault,
      random: seededRandom(seed * 1_009 + index),
      matches: 0,
      hits: 0,
    }));
  }
}

/** Whether it is this request's turn; counts. */
function hits(entry: Entry, request: FaultRequest): boolean {
  const { fault, random } = entry;
  if (!concerns(fault, request)) return false;
  entry.matches += 1;
  const { nth, skip = 0, times = Number.POSITIVE_INFINITY, probability = 1 } = fault;
  if (nth !== undefined && entry.matches !== nth) return false;
  if (entry.matches <= skip || entry.hits >= times) return false;
  if (probability < 1 && random() >= probability) return false;
  entry.hits += 1;
  return true;
}

function concerns(fault: Fault, { endpoint, operation, job }: FaultRequest): boolean {
  if (fault.endpoint !== undefined && fault.endpoint !== endpoint) return false;
  if (fault.operation !== undefined && fault.operation !== operation) return false;
  switch (fault.kind) {
    case 'drop-job':
      return isSubmit(operation) || isOfOneJob(operation);
    case 'lose-worker':
      return isSubmit(operation) || job?.isRunning === true;
    case 'lose-output':
    case 'webhook-late':
    case 'webhook-twice':
    case 'webhook-never':
      return isSubmit(operation) || job?.isLive === true;
    case 'late-progress':
      return (operation.startsWith('status') || operation === 'stream') && job?.isLive === false;
    default:
      return true;
  }
}

function isUnread(fault: Fault): boolean {
  return fault.kind === 'reset' && fault.unread === true;
}

function decidesAnswer(fault: Fault): fault is AnswerFault {
  return ['status', 'lose-answer', 'reset', 'truncate-answer', 'malform-answer'].includes(fault.kind);
}
