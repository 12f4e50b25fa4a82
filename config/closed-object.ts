/** Zod, with the messages that a person who wrote a YAML file needs. */
import { z } from 'zod';
import { nearest } from './suggest.js';
import type { Path } from './yaml-source.js';

/** Something wrong at one place of a document. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/**
 * An object that takes no other fields, and says which one was probably meant. `later` are fields that a document may
 * hold one day: their message says that it is not yet.
 */
export function closedObject<Shape extends z.ZodRawShape>(
  shape: Shape,
  { later = [] }: { readonly later?: readonly string[] } = {},
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownField(key, Object.keys(shape), later)).join('\n')
        : undefined,
  });
}

/** Checks a value against a schema; on failure all problems, none of which quotes a value: it may be a secret. */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly value: z.output<Schema> } | { readonly problems: readonly Problem[] } {
  const result = schema.safeParse(value, { error: describeIssue });
  return result.success ? { value: result.data } : { problems: result.error.issues.flatMap(problemsOf) };
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) => ({ path: [...path, key], message: messages[index] ?? 'unknown field' }));
    }
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_union': {
      // The branch whose kind of value it is knows what is wrong with it.
      const branch = issue.errors.find((issues) => !issues.some(isAboutTheKind));
      return branch === undefined
        ? [{ path, message: issue.message }]
        : branch.flatMap(problemsOf).map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
    }
    default:
      return [{ path, message: issue.message }];
  }
}

function isAboutTheKind(issue: z.core.$ZodIssue): boolean {
  return (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.path.length === 0;
}

function unknownField(key: string, known: readonly string[], later: readonly string[]): string {
  if (later.includes(key)) return 'is not available in this version';
  const meant = nearest(key, known);
  return `unknown field (${meant === undefined ? `known: ${known.join(', ')}` : `did you mean ${meant}?`})`;
}

function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int' && typeof issue.input === 'number') return 'must be a whole number';
      return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  object: 'a map',
  record: 'a map',
  string: 'text',
};

function kindOf(input: unknown): string {
  if (input === null) return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  return typeof input === 'string' ? 'text' : `a ${typeof input}`;
}
