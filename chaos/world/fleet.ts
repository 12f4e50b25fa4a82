/** Processes of one kind that are killed and start again, as a supervisor has them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child.js';

export interface Fleet {
  /** kill -9 of the process in a slot; it starts again after `downMs`. */
  kill(slot: number, downMs: number): void;
  /** Stops the process in a slot where it is, for so long. */
  freeze(slot: number, forMs: number): void;
  /** To the processes that are there, and to each that starts from now on. */
  tell(message: unknown): void;
  /** Ends all of them. */
  stop(): Promise<void>;
  /** How often a process was killed, and how often one ended unasked. */
  readonly counts: { readonly kills: number; readonly crashes: number };
}

/** Between two starts of one that does not start, since the server it needs is down. */
const START_AGAIN_MS = 500;

/** Resolves when each slot has a process. `start` is told which slot it is for. */
export async function startFleet(size: number, start: (slot: number) => Promise<Child>): Promise<Fleet> {
  const slots = Array.from({ length: size }, (_, slot) => new Slot(slot, start));
  await Promise.all(slots.map(({ first }) => first));
  return {
    kill: (slot, downMs) => slots[slot]?.kill(downMs),
    freeze: (slot, forMs) => slots[slot]?.freeze(forMs),
    tell: (message) => {
      for (const slot of slots) slot.tell(message);
    },
    stop: async () => void (await Promise.all(slots.map((slot) => slot.stop()))),
    get counts() {
      const sum = (of: (slot: Slot) => number) => slots.reduce((total, slot) => total + of(slot), 0);
      return { kills: sum(({ kills }) => kills), crashes: sum(({ crashes }) => crashes) };
    },
  };
}

class Slot {
  kills = 0;
  crashes = 0;
  /** Settles when the first process is ready. */
  readonly first: Promise<void>;
  readonly #told: unknown[] = [];
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #child: Child | undefined;
  #downMs: number | undefined;

  constructor(slot: number, start: (slot: number) => Promise<Child>) {
    let isUp = () => {};
    this.first = new Promise((resolve) => {
      isUp = resolve;
    });
    this.#running = this.#keepUp(() => start(slot), isUp);
  }

  kill(downMs: number): void {
    if (this.#child === undefined) return;
    this.kills += 1;
    this.#downMs = downMs;
    this.#child.signal('SIGKILL');
  }

  freeze(forMs: number): void {
    const child = this.#child;
    child?.signal('SIGSTOP');
    setTimeout(() => child?.signal('SIGCONT'), forMs).unref();
  }

  tell(message: unknown): void {
    this.#told.push(message);
    this.#child?.send(message);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.#child?.signal('SIGKILL');
    await this.#running;
  }

  async #keepUp(start: () => Promise<Child>, isUp: () => void): Promise<void> {
    const { signal } = this.#over;
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      const child = await start().catch(() => undefined);
      if (child === undefined) {
        await pause(START_AGAIN_MS);
        continue;
      }
      this.#child = child;
      if (signal.aborted) child.signal('SIGKILL');
      for (const message of this.#told) child.send(message);
      isUp();
      await child.ended;
      this.#child = undefined;
      if (signal.aborted) return;
      if (this.#downMs === undefined) this.crashes += 1;
      await pause(this.#downMs ?? START_AGAIN_MS);
      this.#downMs = undefined;
    }
  }
}
