import { type CancellationScope, defineQuery, setHandler } from '@temporalio/workflow';
import type { StreamLog } from '../../artifacts/stream-log.js';
import { STREAM_QUERY, type StreamPlace, type StreamRequest } from '../contract.js';
import { rootScope } from '../root-scope.js';

/** The stream of one job of the run, over all its attempts. */
export class KeptStream {
  #log: StreamLog | undefined;
  #activityId: string | undefined;
  #ended = false;

  /** What the attempts so far have left. */
  get log(): StreamLog | undefined {
    return this.#log;
  }

  /** Id of the activity that reads now. */
  get reader(): string | undefined {
    return this.#activityId;
  }

  get place(): StreamPlace {
    return {
      kind: 'stream',
      ended: this.#ended,
      ...(this.#log !== undefined && { log: this.#log }),
      ...(this.#activityId !== undefined && { activityId: this.#activityId }),
    };
  }

  readBy(activityId: string): void {
    this.#activityId = activityId;
  }

  /** An attempt is over. What it left is told by several, of which the longest is the newest; or by none. */
  leave(...logs: readonly (StreamLog | undefined)[]): void {
    this.#activityId = undefined;
    for (const log of logs) if ((log?.entries ?? -1) > (this.#log?.entries ?? -1)) this.#log = log;
  }

  end(): void {
    this.#activityId = undefined;
    this.#ended = true;
  }
}

const streams = new WeakMap<CancellationScope, Map<string, KeptStream>>();

/**
 * Opens the stream of a job, for the query that tells readers where it is. A query handler leaves nothing in the history.
 *
 * @param id as it begins the ids of the job's activities
 */
export function keepStream(id: string): KeptStream {
  const root = rootScope();
  const known = streams.get(root) ?? new Map<string, KeptStream>();
  if (known.size === 0) {
    streams.set(root, known);
    setHandler(defineQuery<StreamPlace, [StreamRequest]>(STREAM_QUERY), (request) => placeIn(known, request));
  }
  const stream = known.get(id) ?? new KeptStream();
  known.set(id, stream);
  return stream;
}

function placeIn(known: ReadonlyMap<string, KeptStream>, { step, index }: StreamRequest): StreamPlace {
  const stream = known.get(index === undefined ? step : `${step}[${index}]`);
  if (stream !== undefined) return stream.place;
  const isForEach = index === undefined && [...known.keys()].some((id) => id.startsWith(`${step}[`));
  return { kind: isForEach ? 'items' : 'none' };
}
