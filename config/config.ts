/** `jobrelay.yaml`, checked and with every default filled in. Secrets stay names: keys are read from the environment. */
import type { StoreSettings } from '../artifacts/index.js';
import type { CircuitSettings } from '../job-api/circuits/circuit-state.js';
import type { AuthHeader } from '../job-api/dialect.js';
import type { DialectName } from '../job-api/dialects/index.js';
import type { RouteOverrides } from '../job-api/routes.js';
import type { StreamMode } from '../workflows/contract.js';
import type { JobSettings, Target, Template } from '../workflows/plan.js';
import type { ListenAddress } from './listen.js';

/** A limit that is not as documented. */
export interface BudgetOverride {
  readonly requests?: number;
  readonly windowMs?: number;
  readonly perDay?: number;
  readonly atOnce?: number;
  readonly perWorker?: number;
}

export interface LimitsConfig {
  /** The part of the limits that this process uses, over 0 and up to 1. */
  readonly share?: number;
  /** By the names that the limits of the dialect have. */
  readonly budgets?: Readonly<Record<string, BudgetOverride>>;
}

export interface WebhooksConfig {
  /** Where this process listens; `off`: it does not, and is woken by those that do. */
  readonly listen: ListenAddress | 'off';
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Name of the environment variable that holds the secret. */
  readonly secretEnv: string;
  /** Between two reads of a job whose webhook has not come. */
  readonly backstopMs: number;
  /** How long an ambiguous submit waits for its webhook. */
  readonly adoptMs: number;
}

export interface ArtifactServerConfig {
  /** Where this process listens; `off`: others do. */
  readonly listen: ListenAddress | 'off';
  /** Name of the environment variable that holds the token. */
  readonly tokenEnv: string;
}

export interface ProviderConfig {
  readonly name: string;
  readonly dialect: DialectName;
  /** Without a trailing slash, for RunPod up to and with `/v2`. */
  readonly baseUrl: string;
  /** How the key is sent, where it is not as documented. */
  readonly auth?: Partial<AuthHeader>;
  /** Where operations are, where they are not as documented. */
  readonly operations?: RouteOverrides;
  /** Name of the environment variable that holds the key. Absent: none is sent, but for a placeholder on this machine. */
  readonly apiKeyEnv?: string;
  /** Where they are not as documented; `off`: nothing is kept. */
  readonly limits?: LimitsConfig | 'off';
  /** How long the result of an ended job can be read, where that is not as documented. */
  readonly retentionMs?: number;
  /** False: it is not asked for webhooks, though there is a receiver. */
  readonly webhooks?: false;
}

/** Settings a level can give; a level further in overrides one further out, field by field. */
export interface SettingsLayer {
  readonly timeouts?: Partial<JobSettings['timeouts']>;
  readonly retry?: Partial<Omit<JobSettings['retry'], 'backoff'>> & {
    readonly backoff?: Partial<NonNullable<JobSettings['retry']['backoff']>>;
  };
  readonly hedge?: NonNullable<JobSettings['hedge']> | 'off';
  readonly onAmbiguousSubmit?: 'resubmit' | 'fail';
  readonly stream?: StreamMode;
}

/** How the shapes of an entry differ from those of the alias. Absent: they do not. */
export interface EndpointMapping {
  /** Over `$input`, the job's input: what the provider gets. */
  readonly input?: Template;
  /** Over `$output`, what the provider returned: the job's output. */
  readonly output?: Template;
  /** In the place of the alias's {@link EndpointConfig.capture}; like that, of what the mapping yields. */
  readonly capture?: readonly string[];
}

export interface EndpointConfig extends SettingsLayer {
  readonly alias: string;
  /** Failover order. */
  readonly use: readonly (Target & EndpointMapping)[];
  readonly price?: { readonly perSecond: number } | { readonly perJob: number };
  readonly outputSchema?: JobSettings['outputSchema'];
  /** Lets a job with the input `{}` through: RunPod's workers refuse it and the job dies late, so it is an error by default. */
  readonly allowEmptyInput?: boolean;
  /** Over those of the providers, for each endpoint of `use`. */
  readonly limits?: LimitsConfig | 'off';
  /** Where in its outputs there are URLs whose files are to be kept, as `output.images.*.url`. */
  readonly capture?: readonly string[];
  /** Its jobs get a key in their input, which stays the same where a submit takes the place of one whose fate is not known. */
  readonly correlation?: CorrelationConfig;
  /** Its jobs get the address of a stored file, signed and for a while, and not the file. */
  readonly rehydrate?: 'url';
  /** When each endpoint of `use` is left alone for a while; `off`: never. */
  readonly circuit?: Partial<CircuitSettings> | 'off';
}

/** How a job's handler gets to know the submit that made it. */
export interface CorrelationConfig {
  /** Of the input. */
  readonly field: string;
}

/** Where results may be fetched from. */
export interface CaptureConfig {
  /** `cdn.example.com`, or `*.example.com` for all below; with a port where it is not the usual one. */
  readonly hosts: readonly string[];
  /** Hosts that may be reached by http, and at addresses that are not public. */
  readonly insecureHosts: readonly string[];
  readonly maxBytes: number;
}

export interface Config {
  /** Where it was read; absent for the built-in configuration. */
  readonly file?: string;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly defaults: SettingsLayer;
  readonly endpoints: Readonly<Record<string, EndpointConfig>>;
  /** `path` is absolute. */
  readonly artifacts: StoreSettings;
  /** Absent: artifacts are not served over HTTP. */
  readonly artifactServer?: ArtifactServerConfig;
  /** Absolute: the folder of the definitions that runs may name. Absent: they bring their own. */
  readonly pipelines?: string;
  /** Environment variables that a `{"$secret": NAME}` leaf may name. */
  readonly secrets: readonly string[];
  /** Absent: nothing is captured. */
  readonly capture?: CaptureConfig;
  /** Absent: no webhooks. */
  readonly webhooks?: WebhooksConfig;
  /** How often the jobs of terminated runs are looked for; absent: every hour. `off`: not by this worker. */
  readonly reap?: { readonly everyMs: number } | 'off';
  /** Name of the environment variable with the URL of the Redis server where workers count requests together. */
  readonly limitsRedisEnv?: string;
}
