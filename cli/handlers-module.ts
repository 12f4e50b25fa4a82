import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EndpointDefinition } from '../emulator/index.js';
import { InputError } from './errors.js';

const FIELDS: readonly string[] = [
  'handler',
  'workers',
  'throttledWorkers',
  'unhealthyWorkers',
  'coldStartMs',
  'executionTimeoutMs',
  'aggregateStream',
] satisfies readonly (keyof EndpointDefinition)[];

/**
 * The endpoints that a module of the user gives the emulator: its export `endpoints`, or its default export.
 *
 * @throws {InputError} naming the file.
 */
export async function loadHandlers(file: string, cwd: string): Promise<Record<string, EndpointDefinition>> {
  const module = await importModule(file, cwd);
  const endpoints = module.endpoints ?? module.default;
  if (!isEndpoints(endpoints)) {
    throw new InputError(
      `--handlers ${file}: it must export \`endpoints\`, an object like { draw: { handler: async (input) => ({ image: … }) } }`,
    );
  }
  for (const [name, definition] of Object.entries(endpoints)) refuseUnknownFields(file, name, definition);
  return endpoints;
}

/** A mistyped `handler` would be an endpoint without workers, whose jobs wait in its queue until they time out. */
function refuseUnknownFields(file: string, name: string, definition: EndpointDefinition): void {
  const unknown = Object.keys(definition).find((field) => !FIELDS.includes(field));
  if (unknown === undefined) return;
  throw new InputError(
    `--handlers ${file}: the endpoint ${JSON.stringify(name)} has a field ${JSON.stringify(unknown)}, which is not known (known: ${FIELDS.join(', ')})`,
  );
}

async function importModule(file: string, cwd: string): Promise<Record<string, unknown>> {
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw new InputError(`--handlers ${file}: there is no such file`);
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw new InputError(`--handlers ${file}: the module does not load: ${(error as Error).message}`, { cause: error });
  }
}

function isEndpoints(value: unknown): value is Record<string, EndpointDefinition> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((definition) => typeof definition === 'object' && definition !== null)
  );
}
