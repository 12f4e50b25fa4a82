/** What an expression reads, seen from its syntax alone, before anything runs. */
import { cut } from './problems.js';
import { remembering } from './remembering.js';
import { isNode, type Node, syntaxOf } from './syntax.js';

/** A read of `$steps.NAME`, or of `$steps.NAME.FIELD` where a field follows. */
export interface StepReference {
  readonly step: string;
  readonly field?: string;
}

export interface References {
  /** Reads of one step each, in the order in which they are written. */
  readonly steps: readonly StepReference[];
  /** `$steps` is used as a whole (`$steps.*`, `$lookup($steps, …)`): which steps it reads shows only when it runs. */
  readonly computed: boolean;
  /** `NAME` of each `$input.NAME`. */
  readonly inputFields: readonly string[];
  /** Variables that the expression does not bind itself, built-in functions among them; without the `$`. */
  readonly variables: ReadonlySet<string>;
  /** What is read from a context where there is none: `title` alone, `$`, `*`. It always yields nothing. */
  readonly contextReads: readonly string[];
}

export type ParsedExpression =
  | { readonly ok: true; readonly references: References }
  | { readonly ok: false; readonly message: string };

const MAX_LENGTH = 16_384;

/** Parses an expression and finds what it reads. Never throws. */
export const parseExpression: (source: string) => ParsedExpression = remembering(parse);

function parse(source: string): ParsedExpression {
  if (source === '') return { ok: false, message: 'the expression is empty' };
  if (source.length > MAX_LENGTH) {
    return {
      ok: false,
      message: `the expression is ${source.length} characters long; at most ${MAX_LENGTH} are taken`,
    };
  }
  try {
    const reader = new ReferenceReader();
    reader.visit(syntaxOf(source), new Scope(), false);
    return { ok: true, references: reader.references() };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, message: 'the expression is nested too deeply' };
    const { message, position } = error as { readonly message?: string; readonly position?: number };
    const place = position === undefined ? '' : ` (near character ${position} of ${source.length})`;
    return { ok: false, message: `does not parse: ${cut(message ?? 'not an expression', 300)}${place}` };
  }
}

/** Variables bound by the expression itself. */
class Scope {
  readonly #names = new Set<string>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  bind(name: string): void {
    this.#names.add(name);
  }

  binds(name: string): boolean {
    return this.#names.has(name) || (this.#outer?.binds(name) ?? false);
  }
}

class ReferenceReader {
  readonly #steps: StepReference[] = [];
  readonly #inputFields: string[] = [];
  readonly #variables = new Set<string>();
  readonly #contextReads: string[] = [];
  #computed = false;

  references(): References {
    return {
      steps: this.#steps,
      computed: this.#computed,
      inputFields: this.#inputFields,
      variables: this.#variables,
      contextReads: this.#contextReads,
    };
  }

  /** `context`: whether a bare name here has something to be read from. */
  visit(node: Node, scope: Scope, context: boolean): void {
    switch (node.type) {
      case 'path':
        this.#visitPath(node, new Scope(scope), context);
        return;
      case 'variable':
        this.#visitVariable(String(node.value), scope, context);
        break;
      case 'bind':
        // Bound before its value is read, since a function may call itself.
        if (isNode(node.lhs)) scope.bind(String(node.lhs.value));
        this.#visitAll([node.rhs], scope, context);
        break;
      case 'block':
        this.#visitAll(node.expressions, new Scope(scope), context);
        break;
      case 'lambda': {
        const inner = new Scope(scope);
        for (const parameter of node.arguments ?? []) inner.bind(String(parameter.value));
        this.#visitAll([node.body], inner, context);
        break;
      }
      case 'transform':
        this.#visitAll([node.pattern, node.update, node.delete], scope, true);
        break;
      case 'sort':
        this.#visitAll(
          node.terms?.map(({ expression }) => expression),
          scope,
          true,
        );
        break;
      case 'name':
      case 'wildcard':
      case 'descendant':
        if (!context) this.#contextReads.push(String(node.value));
        break;
      default:
        this.#visitAll(node.expressions, scope, context);
        this.#visitAll(isNode(node.lhs) ? [node.lhs] : node.lhs?.flat(), scope, context);
        this.#visitAll([node.rhs, node.expression, node.condition, node.then, node.else], scope, context);
        this.#visitAll([node.procedure, ...(node.arguments ?? [])], scope, context);
    }
    this.#visitStages(node, scope);
  }

  #visitPath(path: Node, scope: Scope, context: boolean): void {
    const steps = path.steps ?? [];
    steps.forEach((step, at) => {
      if (isPlainVariable(step) && this.#takeReference(String(step.value), steps.slice(at + 1), scope)) return;
      this.visit(step, scope, context || at > 0);
    });
    this.#visitStages(path, scope);
  }

  /** A variable at the head of a path, where the name behind it says which part of it is read. */
  #takeReference(variable: string, [next, after]: readonly Node[], scope: Scope): boolean {
    if (next?.type !== 'name' || scope.binds(variable)) return false;
    const name = String(next.value);
    if (variable === 'steps') {
      const fieldFollows = after?.type === 'name' && next.stages === undefined;
      this.#steps.push({ step: name, ...(fieldFollows && { field: String(after.value) }) });
      return true;
    }
    if (variable === 'input') this.#inputFields.push(name);
    return false;
  }

  #visitVariable(name: string, scope: Scope, context: boolean): void {
    // `$` is the context and `$$` the root of the input, which is nothing here.
    if (name === '' || name === '$') {
      if (!context || name === '$') this.#contextReads.push(`$${name}`);
    } else if (!scope.binds(name)) {
      this.#variables.add(name);
      if (name === 'steps') this.#computed = true;
    }
  }

  #visitStages({ focus, index, predicate = [], stages = [], group }: Node, scope: Scope): void {
    if (focus !== undefined) scope.bind(focus);
    if (index !== undefined) scope.bind(index);
    for (const { type, expr, value } of [...predicate, ...stages]) {
      if (type === 'index') scope.bind(String(value));
      this.#visitAll([expr], scope, true);
    }
    this.#visitAll(group?.lhs.flat(), scope, true);
  }

  #visitAll(nodes: readonly (Node | undefined)[] | undefined, scope: Scope, context: boolean): void {
    for (const node of nodes ?? []) if (node !== undefined) this.visit(node, scope, context);
  }
}

/** `$x`, and not `$x[0]` or `$x{…}`. */
function isPlainVariable({ type, predicate, stages, group }: Node): boolean {
  return type === 'variable' && predicate === undefined && stages === undefined && group === undefined;
}
