import type { JobApiOptions, JsonValue } from '../../job-api/index.js';
import type { ConformanceResult } from './report.js';

/** A job to submit. */
export interface Sample {
  readonly input: JsonValue;
  /** Default: the endpoint under test. */
  readonly endpointId?: string;
}

export interface ConformanceOptions {
  /** Which deployment, and in which dialect. */
  readonly provider: JobApiOptions['provider'];
  readonly apiKey?: string | undefined;
  readonly endpointId: string;
  /** For gateways that choose the endpoint by model. */
  readonly model?: string;
  /** Jobs to submit. What has no sample is not checked. */
  readonly samples: {
    /** Completes soon, with an output. */
    readonly quick: Sample;
    /** Runs for ten seconds at least. */
    readonly slow?: Sample;
    /** Its handler fails. */
    readonly failing?: Sample;
    /** Its handler is a generator that yields at least one chunk. */
    readonly generator?: Sample;
    /** Nobody takes it: an endpoint without workers. */
    readonly unattended?: Sample;
  };
  /** The queues belong to the suite: it may purge them. Default false. */
  readonly ownsQueue?: boolean;
  /** Sends bodies of 10 and 20 MiB, which should be refused. Default false. */
  readonly largeBodies?: boolean;
  /** Where the provider can reach this machine. Absent: webhooks are not checked. */
  readonly webhook?: {
    /** What is listened on. Default 127.0.0.1 and any free port. */
    readonly host?: string;
    readonly port?: number;
    /** What the provider is told, where that is another address. */
    readonly publicUrl?: string;
  };
  /**
   * Lets time pass at the provider: by a clock that can be advanced, or by waiting. Absent: what takes minutes (limits of
   * jobs, retention) is not checked.
   */
  readonly passTime?: (ms: number) => Promise<void>;
  /** How long a job may take to end. Default 5 minutes, as cold starts can. */
  readonly patienceMs?: number;
  /** Told of each verdict as it comes. */
  readonly onResult?: (result: ConformanceResult) => void;
  /** Stops it, once the answer of a submit that is under way has named its job (up to a minute for one that waits). */
  readonly signal?: AbortSignal;
}
