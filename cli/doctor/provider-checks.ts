import { apiKeyFor, type Config, type ProviderConfig } from '../../config/index.js';
import { createJobApi, type EndpointHealth, JobApiError, ProtocolError, Unavailable } from '../../job-api/index.js';
import { checkNamed, type Finding } from './finding.js';

type Env = Readonly<Record<string, string | undefined>>;

const HEALTH_TIMEOUT_MS = 5_000;

/** The keys and secrets that the configuration names, by the names of their variables. */
export function checkKeys({ providers, secrets }: Config, env: Env): Finding[] {
  const keys = Object.values(providers).flatMap(({ name, apiKeyEnv }) => {
    if (apiKeyEnv === undefined) return [];
    const { ok, fail } = checkNamed(`key ${apiKeyEnv}`);
    return env[apiKeyEnv]?.trim()
      ? [ok(`set, for the provider ${name}`)]
      : [fail(`not set, and the provider ${name} needs it`, `set ${apiKeyEnv} where the worker runs`)];
  });
  return [
    ...keys,
    ...secrets.map((secret) => {
      const { ok, warn } = checkNamed(`secret ${secret}`);
      return env[secret]
        ? ok('set')
        : warn('not set', `set ${secret} where the worker runs, if a job's input names it`);
    }),
  ];
}

/** Asks every endpoint of the configuration for its health, and the emulator whether it is there. */
export async function checkEndpoints(config: Config, env: Env): Promise<Finding[]> {
  const asked = Object.values(config.endpoints).flatMap(({ use }) => use);
  const emulator = config.providers.local;
  // Every emulator has this endpoint.
  const all = [...(emulator ? [{ provider: emulator.name, endpointId: 'echo' }] : []), ...asked];
  const unique = new Map(all.map((target) => [`${target.provider}/${target.endpointId}`, target]));
  const findings = [...unique].map(async ([name, { provider, endpointId }]) => {
    const account = config.providers[provider];
    return account ? [await checkEndpoint(name, account, endpointId, env)] : [];
  });
  return (await Promise.all(findings)).flat();
}

async function checkEndpoint(name: string, provider: ProviderConfig, endpointId: string, env: Env): Promise<Finding> {
  const { ok, warn, fail } = checkNamed(`endpoint ${name}`);
  if (provider.apiKeyEnv !== undefined && !env[provider.apiKeyEnv]?.trim()) {
    return warn('not asked: its key is missing', `set ${provider.apiKeyEnv}`);
  }
  const api = createJobApi({ provider, apiKey: apiKeyFor(provider, env) });
  try {
    if (api.unsupported.has('health')) return ok('not asked: the provider has no health');
    return ok(describeHealth(await api.health(endpointId, { timeoutMs: HEALTH_TIMEOUT_MS })));
  } catch (error) {
    if (!(error instanceof JobApiError)) throw error;
    if (provider.name === 'local' && error instanceof Unavailable) {
      return warn(
        `no emulator at ${provider.baseUrl}`,
        '`jobrelay dev` or `jobrelay emulator` starts one; real providers need none',
      );
    }
    return fail(
      `${error.code}: ${error.message}`,
      error instanceof ProtocolError
        ? "check the provider's dialect and baseUrl; what it does otherwise than documented goes into its operations and auth"
        : 'check the endpoint id, the key, and that the endpoint is deployed',
    );
  } finally {
    await api.close();
  }
}

function describeHealth({ workers, jobs }: EndpointHealth): string {
  const counts = Object.entries(workers).flatMap(([state, number]) => (number > 0 ? [`${number} ${state}`] : []));
  // A gateway may say that it is well, and count nothing.
  const none = Object.keys(workers).length > 0 ? 'none' : 'not counted';
  return `answers; workers: ${counts.join(', ') || none}; ${jobs.inQueue ?? 'unknown'} jobs queued`;
}
