import { checkShape } from '../config/index.js';
import { isObject } from './plain-json.js';
import type { Problem } from './problems.js';
import { type Definition, definitionSchema, JOB_FIELDS } from './schema.js';

/** The fields of a step without which its others mean the same. One that is not known may be a mistyped one that matters. */
const APART: readonly unknown[] = [
  ...JOB_FIELDS.filter((field) => field !== 'input'),
  'concurrency',
  'tolerate',
  'onError',
  'when',
];

/**
 * What can be judged of a definition whose shape is wrong, so that its author hears of everything at once: all of it but the
 * fields that are wrong, and the steps that would mean something else without such a field.
 *
 * @param problems of its shape
 * @returns undefined where nothing can be told
 */
export function soundPart(
  definition: unknown,
  problems: readonly Problem[],
): { readonly definition: Definition; readonly stepNames: readonly string[] } | undefined {
  if (!isObject(definition) || !isObject(definition.steps)) return undefined;
  const { version: _, steps, ...rest } = definition;
  const wrongIn = (path: readonly string[]) =>
    problems.filter((problem) => path.every((part, at) => problem.path[at] === part)).map((problem) => problem.path);

  const soundSteps = Object.entries(steps).flatMap(([name, step]) => {
    const wrong = new Set(wrongIn(['steps', name]).map((path) => path[2]));
    if (!isObject(step) || ![...wrong].every((field) => APART.includes(field))) return [];
    return [[name, Object.fromEntries(Object.entries(step).filter(([field]) => !wrong.has(field)))]];
  });
  const soundFields = Object.entries(rest).filter(([field]) => wrongIn([field]).length === 0);
  const shape = checkShape(definitionSchema, {
    ...Object.fromEntries(soundFields),
    version: 1,
    steps: Object.fromEntries(soundSteps),
  });
  return 'value' in shape ? { definition: shape.value, stepNames: Object.keys(steps) } : undefined;
}
