/** Finds the templates that are plain enough for the workflow to read by itself: see `workflows/formula.ts`. */
import type { JsonObject } from '../job-api/json.js';
import type { BinaryOperator, Formula } from '../workflows/pipelines/formula.js';
import type { Template } from '../workflows/plan.js';
import { isObject } from './plain-json.js';
import { remembering } from './remembering.js';
import { isNode, type Node, syntaxOf } from './syntax.js';
import { expressionIn } from './template.js';

const OPERATORS: ReadonlySet<unknown> = new Set<BinaryOperator>([
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
]);

/** What a node may have. Anything else changes what it means: a predicate, `[]`, a binding. */
const PLAIN: ReadonlySet<string> = new Set(
  'type value position steps lhs rhs expressions condition then else'.split(' '),
);

/** The formula of a template with all its expressions, or undefined where one of them is more than a formula can say. */
export function compileFormula(template: Template): Formula | undefined {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? { kind: 'literal', value: template } : formulaOfSource(source);
  }
  if (template === null || typeof template !== 'object') return { kind: 'literal', value: template };
  if (isObject(template)) {
    const fields = Object.entries(template as JsonObject).map(([key, item]) => [key, compileFormula(item)] as const);
    if (fields.some(([, field]) => field === undefined)) return undefined;
    if (fields.every(([, field]) => field?.kind === 'literal')) return { kind: 'literal', value: template };
    return { kind: 'object', fields: Object.fromEntries(fields) as Record<string, Formula> };
  }
  const items = all((template as readonly Template[]).map(compileFormula));
  if (items?.every(({ kind }) => kind === 'literal')) return { kind: 'literal', value: template };
  return items && { kind: 'list', items };
}

const formulaOfSource = remembering((source): Formula | undefined => {
  try {
    return formulaOf(syntaxOf(source));
  } catch {
    // Does not parse, or nests too deeply: reported elsewhere.
    return undefined;
  }
});

function formulaOf(node: Node): Formula | undefined {
  if (!isPlain(node)) return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
      return { kind: 'literal', value: node.value as string | number | boolean | null };
    case 'path':
      return pathOf(node.steps ?? []);
    case 'variable':
      return pathOf([node]);
    case 'block':
      return node.expressions?.length === 1 && node.expressions[0] ? formulaOf(node.expressions[0]) : undefined;
    case 'binary': {
      const operands = isNode(node.lhs) && node.rhs ? all([formulaOf(node.lhs), formulaOf(node.rhs)]) : undefined;
      if (operands === undefined || !OPERATORS.has(node.value)) return undefined;
      return {
        kind: 'binary',
        operator: node.value as BinaryOperator,
        operands: operands as readonly [Formula, Formula],
      };
    }
    case 'condition': {
      const { condition, then, else: otherwise } = node;
      if (!condition || !then || !otherwise) return undefined;
      const parts = all([condition, then, otherwise].map(formulaOf));
      return parts && { kind: 'choice', parts: parts as readonly [Formula, Formula, Formula] };
    }
    default:
      return undefined;
  }
}

/** Names behind `$input` or `$steps`, and nothing else on the way. */
function pathOf([head, ...rest]: readonly Node[]): Formula | undefined {
  if (head?.type !== 'variable' || !isPlain(head)) return undefined;
  if (!rest.every((step) => step.type === 'name' && isPlain(step))) return undefined;
  const names = rest.map(({ value }) => String(value));
  const isKnown = head.value === 'input' || (head.value === 'steps' && names.length > 0);
  // In stored values, keys with a `$` are references, or escaped.
  if (!isKnown || names.some((name) => name.startsWith('$'))) return undefined;
  return { kind: 'path', path: [String(head.value), ...names] };
}

function isPlain(node: Node): boolean {
  return Object.keys(node).every((key) => PLAIN.has(key));
}

function all(formulas: readonly (Formula | undefined)[]): readonly Formula[] | undefined {
  return formulas.every((formula) => formula !== undefined) ? formulas : undefined;
}
