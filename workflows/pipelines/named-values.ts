/**
 * What the expressions of templates can read, told from their text. Pure. A variable has no other spelling in JSONata, and
 * `$eval` is refused in definitions; what is not sure counts as read.
 */
import type { Template } from '../plan.js';

/** `$steps` as a whole, or with anything behind it but the name of a step. */
const ANY_STEP = /\$steps(?!\s*\.\s*[a-z])/;

/** Whether they can read `$input`. */
export function namesInput(templates: readonly (Template | undefined)[]): boolean {
  return templates.some((template) => someText(template, (text) => text.includes('$input')));
}

/** Those of the steps that a template can read. */
export function namedSteps(template: Template, steps: readonly string[]): readonly string[] {
  if (someText(template, (text) => ANY_STEP.test(text))) return steps;
  return steps.filter((name) => someText(template, (text) => text.includes(name)));
}

/** Expressions are values: a key is none. */
function someText(template: Template | undefined, found: (text: string) => boolean): boolean {
  if (typeof template === 'string') return found(template);
  if (typeof template !== 'object' || template === null) return false;
  return Object.values(template).some((item) => someText(item, found));
}
