import type { StreamLog } from '../../artifacts/stream-log.js';
import type { StreamPlace } from '../contract.js';

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
