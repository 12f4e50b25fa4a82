/** Templates: JSON values in which a string may be an expression, `{% … %}`. */
import type { JsonValue } from '../job-api/json.js';
import type { Template } from '../workflows/plan.js';
import type { Problem } from './closed-object.js';
import type { Path } from './yaml-source.js';

export const EXPRESSION = /^\s*\{%([\s\S]*)%\}\s*$/;
/** What is left of a second expression inside a first, or of one amid text. */
const DELIMITER = /\{%|%\}/;

/** What mixing says, wherever it shows: here, or when the text between the outermost delimiters does not parse. */
export const MIXED =
  'mixes text and expressions: a string is one expression from {% to %}, or none; join texts inside it with &';

/** An expression of a template, and where it stands. */
export interface TemplateExpression {
  readonly path: Path;
  readonly source: string;
}

/** The expression that a whole string is, without its delimiters; undefined for literal text. */
export function expressionIn(text: string): string | undefined {
  return EXPRESSION.exec(text)?.[1]?.trim();
}

/** True for text that holds one of the delimiters. */
export function holdsDelimiter(text: string): boolean {
  return DELIMITER.test(text);
}

/** The expressions of a template, in the order in which {@link fillTemplate} takes their values. */
export function expressionsIn(template: Template, path: Path = []): readonly TemplateExpression[] {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? [] : [{ path, source }];
  }
  return childrenOf(template).flatMap(([key, item]) => expressionsIn(item, [...path, key]));
}

/** Strings and keys that were meant as expressions and are none. */
export function problemsInTemplate(template: Template, path: Path = []): readonly Problem[] {
  if (typeof template === 'string') {
    return expressionIn(template) === undefined && template.includes('{%') ? [{ path, message: MIXED }] : [];
  }
  return childrenOf(template).flatMap(([key, item]) => {
    const inside = problemsInTemplate(item, [...path, key]);
    const misplaced = typeof key === 'string' && key.includes('{%');
    return misplaced ? [{ path: [...path, key], message: 'a key cannot be an expression' }, ...inside] : inside;
  });
}

/** A copy of the template with its expressions replaced, one after another, by what `next` returns. */
export function fillTemplate(template: Template, next: () => JsonValue): JsonValue {
  if (typeof template === 'string') return expressionIn(template) === undefined ? template : next();
  if (template === null || typeof template !== 'object') return template;
  if (isList(template)) return template.map((item) => fillTemplate(item, next));
  // Defines keys instead of assigning them, so that "__proto__" stays data.
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fillTemplate(item, next)]));
}

function childrenOf(template: Template): readonly (readonly [string | number, Template])[] {
  if (template === null || typeof template !== 'object') return [];
  return isList(template) ? template.map((item, index) => [index, item] as const) : Object.entries(template);
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
