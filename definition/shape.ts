/** What a value is, as far as lists go: said by a JSON Schema, or by the syntax of the expression that makes it. */
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { isObject } from './plain-json.js';

export type Shape =
  | { readonly kind: 'unknown' }
  /** A list, whatever its length. */
  | { readonly kind: 'list'; readonly item: Shape }
  /** What JSONata calls a sequence: a list of several, the bare item where there is one, and nothing where there is none. */
  | { readonly kind: 'sequence'; readonly item: Shape }
  | { readonly kind: 'object'; readonly field: (name: string) => Shape };

export const UNKNOWN: Shape = { kind: 'unknown' };

export const listOf = (item: Shape): Shape => ({ kind: 'list', item });
export const sequenceOf = (item: Shape): Shape => ({ kind: 'sequence', item });

/** An object with the fields that are named; of others nothing is known. */
export function objectOf(fields: ReadonlyMap<string, Shape>): Shape {
  return { kind: 'object', field: (name) => fields.get(name) ?? UNKNOWN };
}

/** What one of its items is; the value itself where it may be no list. */
export function itemOf(shape: Shape): Shape {
  return isMany(shape) ? shape.item : shape;
}

export function isMany(shape: Shape): shape is Extract<Shape, { readonly item: Shape }> {
  return shape.kind === 'list' || shape.kind === 'sequence';
}

/** One or the other: the more there is to be careful about, the sooner it counts. */
export function either(one: Shape, other: Shape): Shape {
  const kinds: readonly Shape['kind'][] = ['sequence', 'list', 'object', 'unknown'];
  return kinds.indexOf(one.kind) <= kinds.indexOf(other.kind) ? one : other;
}

/** What a path makes of `shape` at one of its steps: the same for each item where there are several, and one flat sequence. */
export function mapShape(shape: Shape, step: (item: Shape) => Shape): Shape {
  return isMany(shape) ? sequenceOf(itemOf(step(shape.item))) : step(shape);
}

/** What a JSON Schema says. Keywords that combine schemas say nothing here. */
export function shapeOfSchema(schema: JsonValue | undefined): Shape {
  if (!isObject(schema)) return UNKNOWN;
  if (schema.type === 'array') return listOf(shapeOfSchema(schema.items));
  const { properties } = schema;
  if (!isObject(properties)) return UNKNOWN;
  return { kind: 'object', field: (name) => shapeOfSchema(own(properties, name)) };
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
