import type { Clock } from '../clock.js';

/** How long the gateway's edge answers a status read again without asking. */
export const STATUS_CACHE_MS = 2_000;

/** Answers of status reads by URL. An entry lives equally long as any other: the oldest is always the first. */
export class StatusCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly until: number; readonly body: unknown }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(url: string): { readonly body: unknown } | undefined {
    this.#dropExpired();
    return this.#entries.get(url);
  }

  put(url: string, body: unknown): void {
    this.#dropExpired();
    this.#entries.delete(url);
    this.#entries.set(url, { until: this.#clock.now() + STATUS_CACHE_MS, body });
  }

  #dropExpired(): void {
    const now = this.#clock.now();
    for (const [url, { until }] of this.#entries) {
      if (until > now) break;
      this.#entries.delete(url);
    }
  }
}
