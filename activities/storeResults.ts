import type { JsonValue } from '../job-api/json.js';
import type { ItemResults } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';
import { keepInternal } from './slice-work.js';

/** Puts the results of a slice away, so that its own result is a reference. */
export async function storeResults(
  { outputs, errors }: ItemResults,
  { store }: ActivityDeps,
): Promise<{ readonly part: JsonValue }> {
  // The outputs are in stored form already: what a provider sent was escaped when it came.
  const part = await keepInternal({ outputs, errors }, store).catch((error: unknown) => {
    throw toFailure(error);
  });
  return { part };
}
