import { type Config, ConfigError } from '../config/index.js';
import type { SharedLimits } from '../job-api/index.js';

/**
 * Where workers count requests together, if the configuration names a place; its client is loaded only then. Whether it is
 * there shows when it is first asked, and stops nobody.
 *
 * @throws {ConfigError} where the variable that is to hold its address is not set, or holds none
 */
export async function openSharedLimits(
  { limitsRedisEnv: variable }: Pick<Config, 'limitsRedisEnv'>,
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
): Promise<SharedLimits | undefined> {
  if (variable === undefined) return undefined;
  const url = env[variable]?.trim();
  if (!url || !/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    const what = url ? 'is no redis:// or rediss:// address' : 'is not set';
    throw new ConfigError([`limits.store.redis: the environment variable ${variable} ${what} where the worker runs`]);
  }
  const { createRedisLimits } = await import('../job-api/limits/redis-limits.js');
  return createRedisLimits({ url, log });
}
