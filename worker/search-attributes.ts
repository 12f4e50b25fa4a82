import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../workflows/contract.js';

const NAMES = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];

/** The enum of the wire, temporal.api.enums.v1.IndexedValueType. */
const WIRE_TYPE = { KEYWORD: 2, BOOL: 5, KEYWORD_LIST: 7 } as const;

/**
 * Registers our search attributes where this is allowed, and says which the namespace has.
 *
 * @returns the registered ones; none of them is needed for a run, so a cluster that forbids it is no error
 */
export async function registerSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
  log: (line: string) => void,
): Promise<readonly SearchAttributeName[]> {
  const registered = await listed(connection, namespace);
  const missing = NAMES.filter((name) => !registered.has(name));
  if (missing.length === 0) return NAMES;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, WIRE_TYPE[SEARCH_ATTRIBUTES[name]]])),
    });
    return NAMES;
  } catch (error) {
    // Another worker may have been faster; Cloud lets only its own tools do it.
    const now = await listed(connection, namespace);
    const absent = NAMES.filter((name) => !now.has(name));
    if (absent.length > 0) log(`search attributes not registered: ${absent.join(', ')} (${describe(error)})`);
    return NAMES.filter((name) => now.has(name));
  }
}

async function listed(connection: Pick<ConnectionLike, 'operatorService'>, namespace: string): Promise<Set<string>> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(customAttributes ?? {}));
  } catch {
    return new Set();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
