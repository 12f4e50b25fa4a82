import { type Config, circuitOf } from '../config/index.js';
import { Circuit, type CircuitChange, type JobApi } from '../job-api/index.js';
import { showCircuit } from './circuit-metric.js';

export interface CircuitsOptions {
  readonly config: Config;
  readonly jobApi: (provider: string) => JobApi;
  readonly log: (line: string) => void;
}

/** The circuits of a worker process, one for each endpoint, from when it is first asked of. */
export class Circuits {
  readonly #options: CircuitsOptions;
  readonly #circuits = new Map<string, Circuit | undefined>();

  constructor(options: CircuitsOptions) {
    this.#options = options;
  }

  /** Undefined where the configuration has it off. Of a gateway, the endpoint that it chose counts for the surface. */
  of(provider: string, endpointId: string): Circuit | undefined {
    const [place = endpointId] = endpointId.split('/');
    const name = `${provider}/${place}`;
    if (!this.#circuits.has(name)) this.#circuits.set(name, this.#make(name, provider, place));
    return this.#circuits.get(name);
  }

  #make(name: string, provider: string, endpointId: string): Circuit | undefined {
    const { config, jobApi, log } = this.#options;
    const settings = circuitOf(config, provider, endpointId);
    if (settings === undefined) return undefined;
    const api = jobApi(provider);
    return new Circuit({
      name,
      settings,
      onChange: (change) => {
        log(lineOf(change));
        showCircuit(change);
      },
      ...(!api.unsupported.has('health') && {
        readHealth: () => api.health(endpointId, { timeoutMs: HEALTH_TIMEOUT_MS }),
      }),
    });
  }
}

/** A submit waits for the counters. */
const HEALTH_TIMEOUT_MS = 2_000;

function lineOf(change: CircuitChange): string {
  return change.status === 'open'
    ? `circuit open: ${change.name} ${change.why}; jobs go elsewhere or wait, ${(change.forMs / 1_000).toFixed(1)} s`
    : `circuit closed: ${change.name} takes jobs again`;
}
