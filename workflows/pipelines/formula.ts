/**
 * What an expression computes, where that is so plain that the workflow can do it itself: fields are read, texts joined,
 * numbers added. Compiled by `intake` (`definition/compile-formula.ts`) and recorded with the plan, so it is data. Pure.
 */
import type { JsonValue } from '../../job-api/json.js';

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '&' | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or';

export type Formula =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  /** `$input.a.b`, `$steps.draw.output.url`, by the names in it. */
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly operands: readonly [Formula, Formula] }
  /** `condition ? then : otherwise` */
  | { readonly kind: 'choice'; readonly parts: readonly [Formula, Formula, Formula] }
  | { readonly kind: 'list'; readonly items: readonly Formula[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, Formula>> };

/**
 * The value of a formula over the variables `input` and `steps`, or undefined: wherever JSONata does anything but the
 * obvious (a list on the way, a missing field, operands of different types, a number out of range), it is asked instead.
 */
export function readFormula(formula: Formula, variables: JsonValue): JsonValue | undefined {
  switch (formula.kind) {
    case 'literal':
      return formula.value;
    case 'path':
      return formula.path.reduce<JsonValue | undefined>(fieldOf, variables);
    case 'binary': {
      const [left, right] = formula.operands.map((operand) => readFormula(operand, variables));
      return left === undefined || right === undefined ? undefined : combine(formula.operator, left, right);
    }
    case 'choice': {
      const [condition, then, otherwise] = formula.parts;
      const chosen = readFormula(condition, variables);
      return typeof chosen === 'boolean' ? readFormula(chosen ? then : otherwise, variables) : undefined;
    }
    case 'list': {
      const items = formula.items.map((item) => readFormula(item, variables));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case 'object': {
      const fields = Object.entries(formula.fields).map(
        ([key, field]) => [key, readFormula(field, variables)] as const,
      );
      return fields.every(([, value]) => value !== undefined)
        ? (Object.fromEntries(fields) as Readonly<Record<string, JsonValue>>)
        : undefined;
    }
  }
}

function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, JsonValue>>)[name] : undefined;
}

function combine(operator: BinaryOperator, left: JsonValue, right: JsonValue): JsonValue | undefined {
  if (typeof left === 'number' && typeof right === 'number') return ofNumbers(operator, left, right);
  if (typeof left === 'string' && typeof right === 'string') return ofTexts(operator, left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return ofBooleans(operator, left, right);
  return undefined;
}

function ofNumbers(operator: BinaryOperator, left: number, right: number): JsonValue | undefined {
  const result = calculate(operator, left, right);
  if (result === undefined) return compare(operator, left, right);
  return Number.isFinite(result) ? result : undefined;
}

function calculate(operator: BinaryOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return undefined;
  }
}

function ofTexts(operator: BinaryOperator, left: string, right: string): JsonValue | undefined {
  return operator === '&' ? left + right : compare(operator, left, right);
}

function ofBooleans(operator: BinaryOperator, left: boolean, right: boolean): JsonValue | undefined {
  switch (operator) {
    case 'and':
      return left && right;
    case 'or':
      return left || right;
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    default:
      return undefined;
  }
}

function compare<T extends number | string>(operator: BinaryOperator, left: T, right: T): boolean | undefined {
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return undefined;
  }
}
