import { type ActivityDeps, Downloader, type JobWebhooks } from '../activities/index.js';
import { createStore, type StoreDriver } from '../artifacts/index.js';
import { apiKeyFor, type Config } from '../config/index.js';
import { createExpressionEngine } from '../definition/index.js';
import {
  createJobApi,
  InvalidRequest,
  type JobApi,
  PollSchedule,
  type SharedLimits,
  withLimits,
} from '../job-api/index.js';
import { Circuits } from './circuits.js';
import { Limiters } from './limiters.js';

export interface WorkerDeps extends ActivityDeps {
  readonly store: StoreDriver;
  /** Closes connections and threads; activities that still run fail. */
  close(): Promise<void>;
}

/** Makes what the activities work with from a configuration. Clients and schedules are made when first asked for. */
export function createDeps(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  searchAttributes: ActivityDeps['searchAttributes'],
  sharedLimits?: SharedLimits,
  webhooks?: JobWebhooks,
  log: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): WorkerDeps {
  const apis = new Map<string, JobApi>();
  const schedules = new Map<string, PollSchedule>();
  const limiters = new Limiters(config, sharedLimits);
  const expressions = createExpressionEngine();
  const store = createStore(config.artifacts, env);
  const downloader = config.capture && new Downloader(config.capture);

  const jobApi = (name: string) =>
    remember(apis, name, () => {
      const provider = config.providers[name];
      if (provider === undefined) {
        const known = Object.keys(config.providers).join(', ');
        throw new InvalidRequest(`provider "${name}" is not configured on this worker (known: ${known})`);
      }
      const apiKey = apiKeyFor(provider, env);
      const secrets = config.secrets.flatMap((variable) => env[variable] ?? []);
      const api = createJobApi({ provider, secrets, ...(apiKey === undefined ? {} : { apiKey }) });
      return withLimits(api, (endpointId) => limiters.of(name, endpointId));
    });

  const circuits = new Circuits({ config, jobApi, log });

  return {
    config,
    env,
    circuit: (provider, endpointId) => circuits.of(provider, endpointId),
    expressions,
    searchAttributes,
    ...(webhooks !== undefined && { webhooks }),
    store,
    ...(downloader !== undefined && { downloader }),
    jobApi,
    pollSchedule(provider, endpointId) {
      return remember(schedules, `${provider}/${endpointId}`, () => {
        const limiter = limiters.of(provider, endpointId);
        return new PollSchedule({
          readHealth: async () => await jobApi(provider).health(endpointId),
          ...(limiter !== undefined && {
            allowance: () => limiter.readAllowance(),
            healthEveryMs: limiter.healthEveryMs(),
          }),
        });
      });
    },
    async close() {
      await Promise.all([
        expressions.close(),
        sharedLimits?.close(),
        store.close(),
        downloader?.close(),
        ...[...apis.values()].map((api) => api.close()),
      ]);
    },
  };
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
