/** What happened to a pipeline, and what it has not yet acted upon. Pure. */
import type { PipelinePlan } from '../plan.js';
import type { PipelineEvent } from './pipeline-state.js';

/**
 * Acted upon in the order in which it happened, one thing after another (`plan.v` 4): what the pipeline does next must not hang on how
 * much a workflow activation brings at once. The result of a local activity that outlasts a workflow task comes in an activation of its own,
 * behind the events of its time; a replay gets both together. So those wait until there is nothing else.
 */
export class Inbox {
  readonly #together: boolean;
  readonly #events: (readonly PipelineEvent[])[] = [];
  readonly #local: (readonly PipelineEvent[])[] = [];

  constructor({ v }: Pick<PipelinePlan, 'v'>) {
    this.#together = v < 4;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0 && this.#local.length === 0;
  }

  /** What happened in one moment, in its order. */
  push(...events: readonly PipelineEvent[]): void {
    if (events.length > 0) this.#events.push(events);
  }

  /** The same, told by a local activity. */
  pushLocal(...events: readonly PipelineEvent[]): void {
    if (this.#together) this.push(...events);
    else if (events.length > 0) this.#local.push(events);
  }

  /** What is to be acted upon next. */
  take(): readonly PipelineEvent[] {
    if (this.#together) return this.#events.splice(0).flat();
    return this.#events.shift() ?? this.#local.shift() ?? [];
  }
}
