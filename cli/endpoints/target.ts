import { ApiKeyMissing, apiKeyFor, type Config, type ProviderConfig } from '../../config/index.js';
import type { JobApi } from '../../job-api/index.js';
import { InputError } from '../errors.js';
import type { Session } from '../session.js';

/** An endpoint at a provider. */
export interface EndpointPlace {
  /** `provider/endpointId`. */
  readonly name: string;
  readonly provider: ProviderConfig;
  readonly endpointId: string;
  /** By which a gateway chooses the endpoint, where the alias gives one. */
  readonly model?: string;
}

/**
 * Where a name leads: an alias to all that it may use, in its order.
 *
 * @throws {InputError} for what the configuration does not know
 */
export async function placesOf(config: Config, name: string): Promise<readonly [EndpointPlace, ...EndpointPlace[]]> {
  const { resolveEndpoints, UnknownEndpoint } = await import('../../config/index.js');
  try {
    const places = resolveEndpoints(config, name).flatMap(({ provider, endpointId, model }) => {
      const account = config.providers[provider];
      return account === undefined
        ? []
        : [{ name: `${provider}/${endpointId}`, provider: account, endpointId, ...(model !== undefined && { model }) }];
    });
    const [first, ...more] = places;
    if (first === undefined) throw new InputError(`endpoint ${JSON.stringify(name)} has no provider`);
    return [first, ...more];
  } catch (error) {
    if (!(error instanceof UnknownEndpoint)) throw error;
    throw new InputError(error.message, { cause: error });
  }
}

/**
 * The one place of a name: a job is at one of those that an alias may use, and only its run knows at which.
 *
 * @throws {InputError}
 */
export async function onePlaceOf(config: Config, name: string): Promise<EndpointPlace> {
  const [place, ...others] = await placesOf(config, name);
  if (others.length === 0) return place;
  const names = [place, ...others].map((each) => each.name).join(', ');
  throw new InputError(`endpoint ${JSON.stringify(name)} stands for several: name one of ${names}`);
}

/**
 * Connects to a provider for the time of one command.
 *
 * @throws {InputError} without its key; {JobApiError}, with what to do about it, from the body
 */
export async function withJobApi<T>(
  place: EndpointPlace,
  { process: { env } }: Pick<Session, 'process'>,
  body: (api: JobApi) => Promise<T>,
): Promise<T> {
  const { createJobApi } = await import('../../job-api/index.js');
  const { provider } = place;
  const apiKey = keyOf(provider, env);
  const api = createJobApi({ provider, ...(apiKey !== undefined && { apiKey }) });
  try {
    return await body(api);
  } catch (error) {
    throw await withRemedy(error, place);
  } finally {
    await api.close();
  }
}

/** @throws {InputError} where it is not set. */
export function keyOf(provider: ProviderConfig, env: Session['process']['env']): string | undefined {
  try {
    return apiKeyFor(provider, env);
  } catch (error) {
    if (!(error instanceof ApiKeyMissing)) throw error;
    throw new InputError(`the key of provider "${provider.name}" is missing: set ${error.variable}`, { cause: error });
  }
}

async function withRemedy(error: unknown, { provider }: EndpointPlace): Promise<unknown> {
  const { EndpointNotFound, JobNotFound, Unavailable } = await import('../../job-api/index.js');
  if (error instanceof Unavailable && provider.name === 'local') {
    const remedy = '`jobrelay dev` or `jobrelay emulator` starts an emulator';
    return new Unavailable(`${error.message} (${remedy})`, { cause: error });
  }
  if (error instanceof JobNotFound) {
    const remedy =
      'another endpoint has it, or it is deleted: results are kept for half an hour, those of runsync for a minute';
    return new JobNotFound(`${error.message} (${remedy})`, { cause: error });
  }
  if (error instanceof EndpointNotFound) {
    return new EndpointNotFound(`${error.message} (\`jobrelay endpoint list\` shows those of the configuration)`, {
      cause: error,
    });
  }
  return error;
}
