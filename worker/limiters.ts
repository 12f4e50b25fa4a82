import { type Config, limitsOf } from '../config/index.js';
import { EndpointLimiter, type SharedLimits } from '../job-api/index.js';

/** The limiters of a process: one for each endpoint, or for each account whose limits all its endpoints share. */
export class Limiters {
  readonly #config: Config;
  readonly #shared: SharedLimits | undefined;
  readonly #limiters = new Map<string, EndpointLimiter | undefined>();

  constructor(config: Config, shared: SharedLimits | undefined) {
    this.#config = config;
    this.#shared = shared;
  }

  /** Undefined where nothing is kept. */
  of(provider: string, endpointId: string): EndpointLimiter | undefined {
    const key = `${provider}/${endpointId}`;
    if (this.#limiters.has(key)) return this.#limiters.get(key);
    const kept = limitsOf(this.#config, provider, endpointId);
    const limiter = kept === undefined ? undefined : this.#make(provider, key, kept);
    this.#limiters.set(key, limiter);
    return limiter;
  }

  #make(provider: string, key: string, kept: NonNullable<ReturnType<typeof limitsOf>>): EndpointLimiter {
    const name = kept.limits.scope === 'account' ? provider : key;
    const known = this.#limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new EndpointLimiter({ name, ...kept, ...(this.#shared !== undefined && { shared: this.#shared }) });
    this.#limiters.set(name, limiter);
    return limiter;
  }
}
