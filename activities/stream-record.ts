import { activityInfo, Context, getClient } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { type ArtifactStore, appendToLog, EMPTY_LOG, type StreamLog, toStreamLog } from '../artifacts/index.js';
import type { RemoteJob, StreamChunk } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { StreamEvent } from '../workflows/contract.js';
import type { AwaitState, StreamAccount, StreamState } from './contract.js';
import { comeBackIn } from './failure.js';
import { inDoubt, openAccount, take } from './stream-account.js';

/** The server knows this attempt no more: another one reads, or the run is over. */
export class AttemptReplaced extends Error {
  override readonly name = 'AttemptReplaced';
}

/**
 * How far a stream was read, on record at the server before and after each read. A read takes chunks off the provider, so
 * no two attempts may read at once and none may forget what it took: before a read the server must have said that this
 * attempt is the one, and after it the server knows where the chunks are.
 */
export class StreamRecord {
  readonly #store: ArtifactStore;
  #state: StreamState;
  /** Nothing came with the last read, or this attempt has not read yet. */
  #silent = true;

  private constructor(state: StreamState, store: ArtifactStore) {
    this.#state = state;
    this.#store = store;
  }

  /**
   * Where an attempt begins.
   *
   * @param details of the last heartbeat of the attempt before it, perhaps of another version: taken only where they are
   * what they should be
   * @param earlier the log that other jobs of the same step left
   */
  static async open(details: unknown, earlier: StreamLog = EMPTY_LOG, store: ArtifactStore): Promise<StreamRecord> {
    const { log, account, reading, ...state } = Object(details) as Partial<Record<keyof StreamState, unknown>>;
    const known = toStreamLog(log);
    if (known !== undefined && isAccount(account)) {
      // Where a read was under way, it died between asking the provider and telling us what it got.
      const resumed = reading === true ? inDoubt(account) : account;
      return new StreamRecord({ ...waitState(state), log: known, account: resumed }, store);
    }
    const record = new StreamRecord({ log: earlier, account: openAccount(earlier.entries) }, store);
    if (earlier.entries > 0) await record.restarted();
    return record;
  }

  /**
   * Whether chunks that come now may be of another run of the handler: the platform may have given the job to another
   * worker while it was silent. The status tells, and it is also to be known how often it had by the first chunk.
   */
  get isUnsureOfRun(): boolean {
    return this.#silent || this.account.retries === undefined;
  }

  /** Whether what a read brings belongs to another run of the handler than the chunks before. */
  hasBegunAnew(status: RemoteJob['status'] | undefined, retries = 0): boolean {
    if (this.account.chunks === 0) return false;
    const before = this.#state.status;
    const requeued = status === 'IN_QUEUE' && before !== undefined && before !== 'IN_QUEUE';
    return requeued || retries > (this.account.retries ?? 0);
  }

  get state(): StreamState {
    return this.#state;
  }

  get log(): StreamLog {
    return this.#state.log;
  }

  get account(): StreamAccount {
    return this.#state.account;
  }

  /** Notes what is known of the job; on record with the next read. */
  observe(job: Partial<AwaitState> & { readonly retries?: number | undefined }): void {
    const { retries, ...seen } = job;
    const account = retries === undefined ? this.account : { ...this.account, retries };
    this.#state = { ...this.#state, ...seen, account };
  }

  /** Before a read. Where it throws, nothing is to be read. */
  async reading(): Promise<void> {
    await this.#acknowledge({ ...this.#state, reading: true });
  }

  /** After a read: what it brought is durable when this returns. */
  async took(chunks: readonly StreamChunk[]): Promise<void> {
    const { account, events } = take(this.account, chunks);
    await this.#append(events);
    this.#state = { ...this.#state, account };
    this.#silent = chunks.length === 0;
    await this.#acknowledge(this.#state);
  }

  /** After a read that failed. */
  async failed(mayHaveTaken: boolean): Promise<void> {
    if (mayHaveTaken) this.#state = { ...this.#state, account: inDoubt(this.account) };
    await this.#acknowledge(this.#state);
  }

  /** The handler runs anew: what it yielded before is void. */
  async restarted(retries?: number): Promise<void> {
    await this.#append([{ kind: 'restart' }]);
    this.#state = { ...this.#state, account: openAccount(this.log.entries, retries) };
  }

  /** What the readers are told last. */
  async close(events: readonly StreamEvent[]): Promise<void> {
    await this.#append(events);
  }

  async #append(events: readonly StreamEvent[]): Promise<void> {
    const log = await appendToLog(this.log, events as unknown as readonly JsonValue[], this.#store);
    this.#state = { ...this.#state, log };
  }

  async #acknowledge(details: StreamState): Promise<void> {
    // The same to the SDK, which sends what it was given last with a failure, and late.
    Context.current().heartbeat(details);
    try {
      await getClient().activity.heartbeat(activityInfo().taskToken, details);
    } catch (error) {
      if (error instanceof ActivityNotFoundError) throw new AttemptReplaced(error.message, { cause: error });
      // In these cases the details were recorded all the same.
      if (error instanceof ActivityCancelledError)
        throw new CancelledFailure('the stream is no longer wanted', [details]);
      if (error instanceof ActivityPausedError || error instanceof ActivityResetError)
        throw comeBackIn(1, error.message);
      throw error;
    }
  }
}

function isAccount(value: unknown): value is StreamAccount {
  const { chunks, since } = Object(value) as Partial<Record<keyof StreamAccount, unknown>>;
  return typeof chunks === 'number' && typeof since === 'number';
}

function waitState({
  status,
  runningSince,
  unreadable,
  aliveAt,
}: Partial<Record<keyof AwaitState, unknown>>): AwaitState {
  return {
    ...(typeof aliveAt === 'string' && !Number.isNaN(Date.parse(aliveAt)) && { aliveAt }),
    ...(typeof status === 'string' && { status: status as NonNullable<AwaitState['status']> }),
    ...(typeof runningSince === 'string' && !Number.isNaN(Date.parse(runningSince)) && { runningSince }),
    ...(typeof unreadable === 'number' && { unreadable }),
  };
}
