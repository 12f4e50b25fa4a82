import type { JobSettings, Target } from '../workflows/plan.js';
import type { Config, EndpointConfig, ProviderConfig, SettingsLayer } from './config.js';
import { DEFAULTS } from './defaults.js';
import { definedFields } from './defined-fields.js';
import { nearest } from './suggest.js';
import { parseTarget, whyNotEndpoint } from './target.js';

/** An endpoint that the configuration does not know. */
export class UnknownEndpoint extends Error {
  override readonly name = 'UnknownEndpoint';
  readonly endpoint: string;

  constructor(endpoint: string, message: string) {
    super(message);
    this.endpoint = endpoint;
  }
}

/** The part of {@link JobSettings} that the levels of configuration decide. */
export type Settings = Pick<JobSettings, 'timeouts' | 'retry' | 'hedge' | 'onAmbiguousSubmit' | 'stream'>;

/**
 * Where a job may run, in order of preference: an alias stands for its `use`, `provider/endpointId` for itself. Throws
 * {@link UnknownEndpoint}.
 */
export function resolveEndpoints(config: Config, names: string | readonly string[]): readonly Target[] {
  return listOf(names).flatMap(
    (name) =>
      aliasOf(config, name)?.use.map((entry) => withWebhook(config, withoutMapping(entry))) ?? [
        withWebhook(config, directTarget(config, name)),
      ],
  );
}

/**
 * The settings of a job on these endpoints, field by field from the innermost level that gives one: `layers` in their
 * order (the step, then the pipeline's defaults), the aliases in the order of `names`, `defaults` of jobrelay.yaml,
 * {@link DEFAULTS}.
 */
export function settingsFor(
  config: Config,
  names: string | readonly string[],
  ...layers: readonly SettingsLayer[]
): Settings {
  const aliases = listOf(names).flatMap((name) => aliasOf(config, name) ?? []);
  const innermostFirst: readonly SettingsLayer[] = [...layers, ...aliases, config.defaults, DEFAULTS];
  const stream = innermostFirst.find(({ stream }) => stream !== undefined)?.stream ?? DEFAULTS.stream;
  const hedge = innermostFirst.find(({ hedge }) => hedge !== undefined)?.hedge ?? DEFAULTS.hedge;
  return {
    timeouts: overlay(
      DEFAULTS.timeouts,
      innermostFirst.map(({ timeouts }) => timeouts),
    ),
    retry: {
      ...overlay<Omit<Settings['retry'], 'backoff'>>(
        DEFAULTS.retry,
        innermostFirst.map(({ retry: { backoff: _, ...budgets } = {} }) => budgets),
      ),
      backoff: overlay<NonNullable<Settings['retry']['backoff']>>(
        DEFAULTS.backoff,
        innermostFirst.map(({ retry }) => retry?.backoff),
      ),
    },
    ...(hedge !== 'off' && { hedge }),
    onAmbiguousSubmit:
      innermostFirst.find(({ onAmbiguousSubmit }) => onAmbiguousSubmit !== undefined)?.onAmbiguousSubmit ??
      DEFAULTS.onAmbiguousSubmit,
    ...(stream !== 'off' && { stream }),
  };
}

/**
 * What a job cost by the price of its alias, an estimate: cold starts and idle time are not in it. Undefined where no
 * price is configured. `endpoint` is what the author wrote.
 */
export function estimateCostUsd(config: Config, endpoint: string, executionMs: number): number | undefined {
  const price = aliasOf(config, endpoint)?.price;
  if (price === undefined) return undefined;
  return 'perJob' in price ? price.perJob : (price.perSecond * executionMs) / 1000;
}

function overlay<Fields extends object>(
  outermost: Fields,
  innermostFirst: readonly (Partial<Fields> | undefined)[],
): Fields {
  return Object.assign({}, outermost, ...innermostFirst.toReversed().map((fields) => definedFields(fields ?? {})));
}

/** A mapping stays in the configuration: no plan holds it, so that a corrected one serves open runs too. */
function withoutMapping({ input: _, output: __, capture: ___, ...target }: EndpointConfig['use'][number]): Target {
  return target;
}

/** Recorded in the plan, since what a run waits for may not change with the workers' configuration. */
function withWebhook({ webhooks, providers }: Config, target: Target): Target {
  if (webhooks === undefined || providers[target.provider]?.webhooks === false) return target;
  return { ...target, webhook: { adoptMs: webhooks.adoptMs } };
}

function listOf(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

function aliasOf(config: Config, name: string): EndpointConfig | undefined {
  return Object.hasOwn(config.endpoints, name) ? config.endpoints[name] : undefined;
}

function directTarget(config: Config, name: string): Target {
  const target = parseTarget(name);
  const providers = Object.values(config.providers).map(describeProvider).join(', ');
  if (target === undefined) {
    const aliases = Object.keys(config.endpoints);
    const none = config.file === undefined ? 'there is no such file;' : 'it has no endpoints;';
    const known = aliases.length > 0 ? `${didYouMean(name, aliases)}known: ${aliases.join(', ')}; or` : none;
    throw new UnknownEndpoint(
      name,
      `endpoint ${quoted(name)} is not in jobrelay.yaml (${known} write provider/endpointId with a provider of: ${providers})`,
    );
  }
  if (!Object.hasOwn(config.providers, target.provider)) {
    const remedy = config.file === undefined && target.provider === 'runpod' ? '; set RUNPOD_API_KEY to have it' : '';
    throw new UnknownEndpoint(
      name,
      `endpoint ${quoted(name)}: provider "${target.provider}" is not in jobrelay.yaml (${didYouMean(target.provider, Object.keys(config.providers))}known: ${providers}${remedy})`,
    );
  }
  const provider = config.providers[target.provider];
  const wrong = provider && whyNotEndpoint(provider.dialect, target.endpointId);
  if (wrong !== undefined) throw new UnknownEndpoint(name, `endpoint ${quoted(name)}: ${wrong}`);
  return { endpoint: name, ...target };
}

/** A gateway's endpoints are not written like the others'. */
function describeProvider({ name, dialect }: ProviderConfig): string {
  return dialect === 'gateway' ? `${name} (a gateway: ${name}/surface or ${name}/surface/endpointId)` : name;
}

function didYouMean(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `did you mean ${meant}? `;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
