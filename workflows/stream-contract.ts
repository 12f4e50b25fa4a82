/** How the chunks of generators are asked for and found: part of the contract. */
import type { StreamLog } from '../artifacts/stream-log.js';
import type { StreamChunk } from '../job-api/job.js';

/** What becomes of the chunks of a generator. `off`: nothing, the output is what the provider says at the end. */
export type StreamMode = 'off' | 'collect' | 'events';

/** What is known of a stream that was read to its end. */
export interface StreamSummary {
  /** Chunks that were kept. */
  readonly chunks: number;
  /** False where an answer of the provider got lost on its way that may have held chunks: the output may miss some. */
  readonly complete: boolean;
}

/**
 * What readers of a stream are given, in its order. `lost`: so many chunks are missing here; without a count, an answer of the provider got
 * lost that may have held some. `restart`: the job began anew, in another attempt or after the platform lost its worker, and
 * what came before is void.
 */
export type StreamEvent =
  | { readonly kind: 'chunk'; readonly chunk: StreamChunk }
  | { readonly kind: 'lost'; readonly count?: number }
  | { readonly kind: 'restart' };

/** Query that tells where the stream of a job is kept. */
export const STREAM_QUERY = 'stream';

/** Argument of {@link STREAM_QUERY}: a step of a pipeline, `job`, or the id given to `executeJob`. */
export interface StreamRequest {
  readonly step: string;
  /** Of a `forEach`: which item, from 0. */
  readonly index?: number;
}

/** Answer of {@link STREAM_QUERY}. */
export type StreamPlace =
  /** No such job keeps its stream, or none has begun yet. */
  | { readonly kind: 'none' }
  /** The step is a `forEach`: its items have a stream each. */
  | { readonly kind: 'items' }
  /** The item is worked off by this child, which answers the same question. */
  | { readonly kind: 'slice'; readonly workflowId: string }
  /** The step is a pipeline: its own steps are asked for in this run. */
  | { readonly kind: 'nested'; readonly workflowId: string }
  | {
      readonly kind: 'stream';
      /** What earlier attempts left, and at the end all of it. */
      readonly log?: StreamLog;
      /** The activity that reads now: the details of its heartbeats are {@link StreamHeartbeat}s. */
      readonly activityId?: string;
      /** Nothing will be added. */
      readonly ended: boolean;
    };

/** Part of the heartbeat details of `streamJob`. */
export interface StreamHeartbeat {
  /** All that was read, by earlier attempts too. */
  readonly log: StreamLog;
}
