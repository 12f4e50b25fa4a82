import type { SubmitKey } from '../../activities/index.js';

/** The jobs that this process waits for, by the submit that made them. */
export class WaitingJobs {
  readonly #callbacks = new Map<string, Set<() => void>>();

  /** @returns stops that */
  add(key: SubmitKey, arrived: () => void): () => void {
    const name = nameOf(key);
    const callbacks = this.#callbacks.get(name) ?? new Set();
    this.#callbacks.set(name, callbacks.add(arrived));
    return () => {
      callbacks.delete(arrived);
      if (callbacks.size === 0 && this.#callbacks.get(name) === callbacks) this.#callbacks.delete(name);
    };
  }

  /** @returns false where this process does not wait for it */
  wake(key: SubmitKey): boolean {
    const callbacks = this.#callbacks.get(nameOf(key));
    for (const arrived of callbacks ?? []) arrived();
    return callbacks !== undefined;
  }
}

function nameOf({ workflowId, runId, submit }: SubmitKey): string {
  return JSON.stringify([workflowId, runId, submit]);
}
