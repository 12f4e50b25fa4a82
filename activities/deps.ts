import type { StoreDriver } from '../artifacts/store.js';
import type { Config } from '../config/config.js';
import type { ExpressionEngine } from '../definition/expression-engine.js';
import type { Circuit } from '../job-api/circuits/circuit.js';
import type { JobApi } from '../job-api/job-api.js';
import type { PollSchedule } from '../job-api/polling/poll-schedule.js';
import type { SearchAttributeName } from '../workflows/contract.js';
import type { Downloader } from './capture/download.js';
import type { JobWebhooks } from './webhooks.js';

/** What the activities work with; made once per worker process. */
export interface ActivityDeps {
  readonly config: Config;
  readonly store: StoreDriver;
  /** Absent: nothing is captured. */
  readonly downloader?: Pick<Downloader, 'open'>;
  readonly expressions: ExpressionEngine;
  /** The API client of a configured provider. Throws `InvalidRequest` for one that is not configured. */
  jobApi(provider: string): JobApi;
  /** When the jobs of an endpoint are read: one schedule for each endpoint and process. */
  pollSchedule(provider: string, endpointId: string): PollSchedule;
  /** What this process has seen of an endpoint lately. Undefined where nothing is to come of it. */
  circuit(provider: string, endpointId: string): Circuit | undefined;
  /** Absent: jobs are submitted without webhooks. */
  readonly webhooks?: JobWebhooks;
  /** Which of our search attributes the namespace has. Asked once a process, not once a run. */
  searchAttributes(): Promise<readonly SearchAttributeName[]>;
  /** Values of the `$secret` leaves: the environment of the worker. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
