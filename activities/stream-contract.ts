/** What is asked of the stream of a job, and how far it was read. Types only, as `contract.ts`. */
import type { StreamLog } from '../artifacts/stream-log.js';
import type { StreamHeartbeat } from '../workflows/contract.js';
import type { AwaitJobRequest, AwaitState } from './job-contract.js';

export interface StreamJobRequest extends AwaitJobRequest {
  readonly stream: 'collect' | 'events';
  /** What earlier attempts at the same job left, to be gone on with; absent for the first, and where nobody reads. */
  readonly log?: StreamLog;
}

/** Heartbeat details of `streamJob`: how far the stream was read, whatever becomes of the worker. */
export interface StreamState extends AwaitState, StreamHeartbeat {
  readonly account: StreamAccount;
  /** A read is under way: what it takes is lost where this is the last that was heard. */
  readonly reading?: true;
}

/** What is known of the chunks of one run of a handler. */
export interface StreamAccount {
  /** Chunks kept. */
  readonly chunks: number;
  /** Offset in the log where they begin. */
  readonly since: number;
  /** An answer got lost that may have held chunks, and nothing has come yet that would tell. */
  readonly doubt?: true;
  /** Such answers of which nothing has told. */
  readonly doubts?: number;
  /** Chunks that certainly were lost. */
  readonly lost?: number;
  /** The provider's own number of the last chunk, where it numbers them. */
  readonly lastIndex?: number;
  /** Re-dispatches by the platform, as last read. */
  readonly retries?: number;
}
