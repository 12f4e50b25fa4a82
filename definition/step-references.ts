/** Checks the expressions of a step against the definition it stands in. */
import { nearest } from '../config/index.js';
import { BUILT_IN_FUNCTIONS } from './built-ins.js';
import { type Problem, quote } from './problems.js';
import { parseExpression, type References, type StepReference } from './references.js';
import { holdsDelimiter, MIXED, type TemplateExpression } from './template.js';

const RUN_VARIABLES = ['input', 'steps', 'run'] as const;
const ITEM_VARIABLES: readonly string[] = ['item', 'index'];
const STEP_FIELDS: readonly string[] = ['status', 'output', 'error', 'errors'];

/** What the expressions at one place of a definition can see. */
export interface Surroundings {
  readonly stepNames: readonly string[];
  /** Whether `$item` and `$index` exist here. */
  readonly inForEach: boolean;
  /** Whether the steps that are read are known without looking at the expression. */
  readonly computedAllowed: boolean;
  /** The fields of `$input`, where the schema lets no others in. */
  readonly inputFields?: readonly string[];
}

/** Steps that an expression reads, and what is wrong with it. */
export interface ReadSteps {
  readonly steps: readonly string[];
  readonly problems: readonly Problem[];
}

export function readSteps({ path, source }: TemplateExpression, surroundings: Surroundings): ReadSteps {
  const parsed = parseExpression(source);
  if (!parsed.ok) {
    return { steps: [], problems: [{ path, message: holdsDelimiter(source) ? MIXED : parsed.message }] };
  }
  const { references } = parsed;
  const messages = [
    ...references.steps.flatMap((reference) => problemsOfStep(reference, surroundings.stepNames)),
    ...problemsOfVariables(references, surroundings),
    ...problemsOfInput(references, surroundings.inputFields),
    ...references.contextReads.map(describeContextRead),
    ...(references.computed && !surroundings.computedAllowed ? [COMPUTED] : []),
  ];
  const known = references.steps.map(({ step }) => step).filter((step) => surroundings.stepNames.includes(step));
  return { steps: [...new Set(known)], problems: [...new Set(messages)].map((message) => ({ path, message })) };
}

const COMPUTED =
  'which steps this reads shows only when it runs: write $steps.NAME, or name the steps in "needs" as well';

/** A name that is not known, with those that are and the one that was probably meant. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const names = known.length > 0 ? known.join(', ') : 'none';
  return `unknown ${what} ${quote(name)} (${meant === undefined ? '' : `did you mean ${meant}? `}known: ${names})`;
}

function problemsOfStep({ step, field }: StepReference, stepNames: readonly string[]): readonly string[] {
  if (!stepNames.includes(step)) return [unknownName('step', step, stepNames)];
  if (field === undefined || STEP_FIELDS.includes(field)) return [];
  return [
    `$steps.${step} has no field ${quote(field)} (known: ${STEP_FIELDS.join(', ')}); its result is in $steps.${step}.output`,
  ];
}

function problemsOfVariables({ variables }: References, { inForEach }: Surroundings): readonly string[] {
  const known: readonly string[] = [...RUN_VARIABLES, ...(inForEach ? ITEM_VARIABLES : [])];
  return [...variables].flatMap((name) => {
    if (known.includes(name) || BUILT_IN_FUNCTIONS.has(name)) return [];
    if (ITEM_VARIABLES.includes(name)) return [`$${name} exists only in the body of a step with forEach`];
    if (name === 'eval') return ['$eval is not available: what it reads could not be seen before it runs'];
    const meant = nearest(name, [...known, ...BUILT_IN_FUNCTIONS]);
    const names = known.map((variable) => `$${variable}`).join(', ');
    return [
      `unknown variable ${quote(`$${name}`)} (${meant === undefined ? '' : `did you mean $${meant}? `}known: ${names} and the functions of JSONata)`,
    ];
  });
}

function problemsOfInput({ inputFields }: References, known: readonly string[] | undefined): readonly string[] {
  if (known === undefined) return [];
  return inputFields
    .filter((field) => !known.includes(field))
    .map((field) => unknownName('field of $input', field, known));
}

function describeContextRead(name: string): string {
  const remedy = /^\w/.test(name)
    ? `write $input.${name}, or $steps.NAME.output.${name}`
    : 'begin with $input or $steps';
  return `${quote(name)} stands alone, where it yields nothing: ${remedy}`;
}
