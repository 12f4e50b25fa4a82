/** Finds where an expression builds a list that JSONata takes out of its brackets when there is one item, or none. */
import { either, isMany, itemOf, listOf, mapShape, objectOf, type Shape, sequenceOf, UNKNOWN } from './shape.js';
import { isNode, type Node, type Stage, syntaxOf } from './syntax.js';

export interface ExpressionShape {
  readonly shape: Shape;
  /** Keys of objects built inside, whose value is a sequence. */
  readonly looseKeys: readonly string[];
  /** A list of lists is put in brackets: JSONata takes it apart where there is one list in it. */
  readonly looseLists: boolean;
}

const NOTHING_KNOWN: ExpressionShape = { shape: UNKNOWN, looseKeys: [], looseLists: false };

/** The shape of what an expression yields, by those of its variables. One that does not parse has none. */
export function readShape(source: string, variables: ReadonlyMap<string, Shape>): ExpressionShape {
  try {
    const reader = new ShapeReader();
    const shape = reader.visit(syntaxOf(source), new Scope(variables), UNKNOWN);
    return { shape, looseKeys: [...reader.looseKeys], looseLists: reader.looseLists };
  } catch {
    return NOTHING_KNOWN;
  }
}

class Scope {
  readonly #shapes: Map<string, Shape>;
  readonly #outer: Scope | undefined;

  constructor(shapes: ReadonlyMap<string, Shape> = new Map(), outer?: Scope) {
    this.#shapes = new Map(shapes);
    this.#outer = outer;
  }

  inner(): Scope {
    return new Scope(undefined, this);
  }

  bind(name: string, shape: Shape): void {
    this.#shapes.set(name, shape);
  }

  get(name: string): Shape | undefined {
    return this.#shapes.get(name) ?? this.#outer?.get(name);
  }
}

/** A call, whether written `$f(x)` or `x ~> $f`. */
interface Call {
  readonly name: string;
  readonly args: readonly Shape[];
  /** What the last argument returns, where it is a function written out. */
  readonly returns: Shape;
}

class ShapeReader {
  readonly looseKeys = new Set<string>();
  looseLists = false;

  /** `context`: what a bare name is read from. */
  visit(node: Node, scope: Scope, context: Shape): Shape {
    const shape = this.#visitBare(node, scope, context);
    // Those of a path's steps are taken step by step.
    const staged = this.#visitStages(shape, [...(node.predicate ?? []), ...(node.stages ?? [])], scope);
    const kept = node.keepArray || node.keepSingletonArray;
    if (node.group !== undefined) return this.#visitGroup(node.group.lhs, staged, scope);
    return kept && staged.kind === 'sequence' ? listOf(staged.item) : staged;
  }

  #visitBare(node: Node, scope: Scope, context: Shape): Shape {
    switch (node.type) {
      case 'path':
        return this.#visitPath(node.steps ?? [], scope.inner(), context);
      case 'variable':
        return node.value === '' ? context : (scope.get(String(node.value)) ?? UNKNOWN);
      case 'name':
        return fieldOf(context, String(node.value));
      case 'wildcard':
      case 'descendant':
        return sequenceOf(UNKNOWN);
      case 'bind':
        return this.#visitBind(node, scope, context);
      case 'block':
        return this.#visitAll(node.expressions, scope.inner(), context).at(-1) ?? UNKNOWN;
      case 'unary':
        return this.#visitUnary(node, scope, context);
      case 'condition':
        this.#visitAll([node.condition], scope, context);
        return this.#visitAll([node.then, node.else], scope, context).reduce(either, UNKNOWN);
      case 'function':
        return this.#visitCall(node, [], scope, context);
      case 'apply':
        return this.#visitApply(node, scope, context);
      case 'lambda':
        this.#visitLambda(node, [], scope, context);
        return UNKNOWN;
      case 'binary':
        this.#visitAll([isNode(node.lhs) ? node.lhs : undefined, node.rhs], scope, context);
        return UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  #visitPath(steps: readonly Node[], scope: Scope, context: Shape): Shape {
    return steps.reduce((shape, step, at) => {
      if (step.type === 'sort') return isMany(shape) ? sequenceOf(shape.item) : shape;
      const make = (item: Shape) => this.visit(step, scope, item);
      // Lists that a step writes out are kept apart from one another.
      const keepsLists = step.type === 'unary' && step.value === '[' && isMany(shape) && at > 0;
      // A path begins at its variable once, not once for each item around it.
      const begins = at === 0 && step.type === 'variable';
      const next = keepsLists ? sequenceOf(make(itemOf(shape))) : begins ? make(shape) : mapShape(shape, make);
      if (step.index !== undefined) scope.bind(step.index, UNKNOWN);
      if (step.focus === undefined) return step.index === undefined ? next : sequenceOf(itemOf(next));
      // `@$x` goes on from where it stood, once for each item.
      scope.bind(step.focus, itemOf(next));
      return sequenceOf(itemOf(shape));
    }, context);
  }

  #visitBind(node: Node, scope: Scope, context: Shape): Shape {
    const [shape = UNKNOWN] = this.#visitAll([node.rhs], scope, context);
    if (isNode(node.lhs)) scope.bind(String(node.lhs.value), shape);
    return shape;
  }

  #visitUnary(node: Node, scope: Scope, context: Shape): Shape {
    if (node.value === '{') return this.#visitObject(node, scope, context);
    if (node.value !== '[') {
      this.#visitAll([node.expression], scope, context);
      return UNKNOWN;
    }
    const items = (node.expressions ?? []).map((expression) => {
      const shape = this.visit(expression, scope, context);
      if (isListOfLists(shape)) this.looseLists = true;
      return expression.type === 'unary' && expression.value === '[' ? shape : itemOf(shape);
    });
    return listOf(items.reduce(either, UNKNOWN));
  }

  #visitObject(node: Node, scope: Scope, context: Shape): Shape {
    const fields = new Map<string, Shape>();
    for (const [key, value] of isNode(node.lhs) ? [] : (node.lhs ?? [])) {
      const shape = this.visit(value, scope, context);
      if (key.type !== 'string') continue;
      fields.set(String(key.value), shape);
      if (shape.kind === 'sequence') this.looseKeys.add(String(key.value));
    }
    return objectOf(fields);
  }

  /** `items{key: value}`: an object. What a group holds is one item or a list of them, as its author knows. */
  #visitGroup(pairs: readonly (readonly [Node, Node])[], items: Shape, scope: Scope): Shape {
    for (const [, value] of pairs) this.visit(value, scope, itemOf(items));
    return UNKNOWN;
  }

  #visitApply(node: Node, scope: Scope, context: Shape): Shape {
    const [given = UNKNOWN] = this.#visitAll([isNode(node.lhs) ? node.lhs : undefined], scope, context);
    const { rhs } = node;
    if (rhs?.type === 'function') return this.#visitCall(rhs, [given], scope, context);
    if (rhs?.type === 'variable') return shapeOfCall({ name: nameOf(rhs, scope), args: [given], returns: UNKNOWN });
    if (rhs?.type === 'lambda') return this.#visitLambda(rhs, [given], scope, context);
    return UNKNOWN;
  }

  #visitCall(node: Node, before: readonly Shape[], scope: Scope, context: Shape): Shape {
    const args = [...before];
    let returns = UNKNOWN;
    for (const argument of node.arguments ?? []) {
      if (argument.type === 'lambda') {
        // The functions of higher order that are of interest here hand over item, position and list.
        returns = this.#visitLambda(argument, [itemOf(args[0] ?? UNKNOWN)], scope, context);
        args.push(UNKNOWN);
      } else args.push(this.visit(argument, scope, context));
    }
    return shapeOfCall({ name: nameOf(node.procedure, scope), args, returns });
  }

  /** The shape of what it returns, when it is given values of these shapes. */
  #visitLambda(node: Node, given: readonly Shape[], scope: Scope, context: Shape): Shape {
    const inner = scope.inner();
    for (const [at, { value }] of (node.arguments ?? []).entries()) inner.bind(String(value), given[at] ?? UNKNOWN);
    return node.body === undefined ? UNKNOWN : this.visit(node.body, inner, context);
  }

  #visitStages(shape: Shape, stages: readonly Stage[], scope: Scope): Shape {
    return stages.reduce((before, { type, expr }) => {
      if (type === 'index' || expr === undefined) return sequenceOf(itemOf(before));
      this.visit(expr, scope, itemOf(before));
      switch (whatItPicks(expr)) {
        case 'some':
          return sequenceOf(itemOf(before));
        case 'one':
          return itemOf(before);
        default:
          return UNKNOWN;
      }
    }, shape);
  }

  #visitAll(nodes: readonly (Node | undefined)[] | undefined, scope: Scope, context: Shape): readonly Shape[] {
    return (nodes ?? []).flatMap((node) => (node === undefined ? [] : [this.visit(node, scope, context)]));
  }
}

/** Several lists, or the only one of them taken apart. */
export function isListOfLists(shape: Shape): boolean {
  return shape.kind === 'sequence' && shape.item.kind === 'list';
}

function fieldOf(shape: Shape, name: string): Shape {
  if (isMany(shape)) return mapShape(shape, (item) => fieldOf(item, name));
  return shape.kind === 'object' ? shape.field(name) : UNKNOWN;
}

/** The name of a function that the expression did not define itself. */
function nameOf(procedure: Node | undefined, scope: Scope): string {
  const name = procedure?.type === 'variable' ? String(procedure.value) : '';
  return scope.get(name) === undefined ? name : '';
}

/** As JSONata 2.2 behaves when there is one item (ran), which its documentation does not say of each. */
function shapeOfCall({ name, args: [first = UNKNOWN], returns }: Call): Shape {
  switch (name) {
    case 'map':
      return sequenceOf(returns);
    case 'filter':
      return sequenceOf(itemOf(first));
    case 'each':
    case 'keys':
    case 'match':
    case 'spread':
      return sequenceOf(UNKNOWN);
    case 'distinct':
      return first;
    case 'sort':
    case 'reverse':
    case 'shuffle':
      return listOf(itemOf(first));
    case 'split':
    case 'zip':
      return listOf(UNKNOWN);
    default:
      return UNKNOWN;
  }
}

const COMPARISONS: ReadonlySet<unknown> = new Set(['=', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or']);
const TESTS: ReadonlySet<unknown> = new Set(['not', 'exists', 'contains', 'boolean']);

/** What is picked by `[…]` behind a list: those items that meet a condition, or the one at a position. */
function whatItPicks(expression: Node): 'some' | 'one' | 'unknown' {
  const { type, value, procedure, steps } = expression;
  switch (type) {
    case 'number':
      return 'one';
    case 'binary':
      return COMPARISONS.has(value) ? 'some' : 'one';
    case 'function':
      return TESTS.has(procedure?.value) ? 'some' : 'unknown';
    case 'unary':
      // `[[0..2]]`
      return value === '[' ? 'some' : 'unknown';
    case 'path':
      // `[usable]`: a field of the item.
      return steps?.[0]?.type === 'name' ? 'some' : 'unknown';
    default:
      return 'unknown';
  }
}
