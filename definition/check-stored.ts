import type { Path } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { SchemaCheck } from './input-schema.js';
import { isObject } from './plain-json.js';
import type { Problem } from './problems.js';

/**
 * What a schema says of a value in which references stand for what is stored: only the run knows what that is, so nothing is said of
 * the places of references.
 */
export function checkStored(check: SchemaCheck, value: JsonValue): readonly Problem[] {
  return check(value).filter(({ path }) => !leadsToReference(value, path));
}

function leadsToReference(value: JsonValue, path: Path): boolean {
  let node: JsonValue | undefined = value;
  for (const key of [...path, undefined]) {
    if (isObject(node) && Object.hasOwn(node, '$artifact')) return true;
    if (key === undefined || typeof node !== 'object' || node === null) return false;
    node = (node as Readonly<Record<string | number, JsonValue>>)[key];
  }
  return false;
}
