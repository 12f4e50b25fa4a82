/**
 * Stored parts of values, inside the process that evaluates: what stands for them until an expression reads them, and how
 * that is noticed. Both functions are handed over as text, like the program itself: each must be complete in itself.
 */
import type { Node } from './syntax.js';

export interface Leaves {
  /** A JSON text whose references became stand-ins. */
  parse(json: string): unknown;
  /** True where the values hold stand-ins. */
  readonly any: boolean;
  /** Notes and throws where a value is one, or holds one. */
  touch(value: unknown): void;
  touchItself(value: unknown): void;
  touchAll(): void;
  /** The reference that a stand-in came from; `undefined` for any other value. */
  referenceOf(value: unknown): object | undefined;
  /** True for one of JSON, which may be anything. */
  isJson(value: unknown): boolean;
  /** Digests of what was touched, and forgets them. */
  needs(): readonly string[];
}

/**
 * A stand-in passes wherever a value is only handed on. Whatever looks into one without an operator or a function, such as a
 * path, meets a trap, and so does `Array.isArray`, which no proxy can trap and which is therefore replaced.
 *
 * `ahead`: how many of the same place in a list are asked for beside one that was touched.
 */
export function createLeaves(ahead: number): Leaves {
  type Reference = { readonly sha256: string; readonly encoding: string };
  type Leaf = { readonly reference: { readonly $artifact: Reference }; readonly place: string; readonly at: number };
  const leaves = new WeakMap<object, Leaf>();
  const byPlace = new Map<string, string[]>();
  const needed = new Set<string>();
  const isArray = Array.isArray;
  // What JSONata asks of every value, to tell its own from ours: nothing of the kind.
  const asked = new Set<PropertyKey>(
    'then next sequence keepSingleton tupleStream outerWrapper cons toJSON _jsonata_lambda _jsonata_function'.split(
      ' ',
    ),
  );
  asked.add(Symbol.iterator);

  const leafOf = (value: unknown) => (typeof value === 'object' && value !== null ? leaves.get(value) : undefined);
  const need = ({ place, at }: Leaf): never => {
    for (const sha256 of byPlace.get(place)?.slice(at, at + ahead) ?? []) needed.add(sha256);
    throw new Error('reads a value that is not there yet');
  };

  const standIn = (reference: Leaf['reference'], place: string) => {
    const same = byPlace.get(place) ?? [];
    byPlace.set(place, same);
    const leaf = { reference, place, at: same.length };
    same.push(reference.$artifact.sha256);
    const isJson = reference.$artifact.encoding === 'json';
    const proxy = new Proxy(
      {},
      {
        get: (_, key) => (asked.has(key) ? undefined : need(leaf)),
        has: (_, key) => (asked.has(key) ? false : need(leaf)),
        // A text has no fields.
        getOwnPropertyDescriptor: () => (isJson ? need(leaf) : undefined),
        ownKeys: () => need(leaf),
        set: () => need(leaf),
        defineProperty: () => need(leaf),
        deleteProperty: () => need(leaf),
      },
    );
    leaves.set(proxy, leaf);
    return proxy;
  };

  const replace = (value: unknown, place: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (isArray(value)) {
      for (let at = 0; at < value.length; at++) value[at] = replace(value[at], `${place}[]`);
      return value;
    }
    if (Object.hasOwn(value, '$artifact')) return standIn(value as Leaf['reference'], place);
    for (const [key, item] of Object.entries(value)) {
      const replaced = replace(item, `${place}.${key}`);
      if (replaced !== item) Object.defineProperty(value, key, { value: replaced, enumerable: true });
    }
    return value;
  };

  const touch = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const leaf = leaves.get(value);
    if (leaf !== undefined) need(leaf);
    const inside = value as { readonly _jsonata_lambda?: unknown; readonly _jsonata_function?: unknown };
    // A function holds the variables around it, which it may never read.
    if (inside._jsonata_lambda === true || inside._jsonata_function === true) return;
    for (const item of isArray(value) ? value : Object.values(value)) touch(item);
  };

  Array.isArray = (value): value is unknown[] => {
    const leaf = leafOf(value);
    if (leaf?.reference.$artifact.encoding === 'json') need(leaf);
    return isArray(value);
  };

  return {
    parse: (json) => replace(JSON.parse(json), ''),
    get any() {
      return byPlace.size > 0;
    },
    touch,
    touchItself(value) {
      const leaf = leafOf(value);
      if (leaf !== undefined) need(leaf);
    },
    touchAll() {
      for (const digests of byPlace.values()) for (const sha256 of digests) needed.add(sha256);
      if (needed.size > 0) throw new Error('reads values that are not there yet');
    },
    referenceOf: (value) => leafOf(value)?.reference,
    isJson: (value) => leafOf(value)?.reference.$artifact.encoding === 'json',
    needs() {
      const digests = [...needed];
      needed.clear();
      return digests;
    },
  };
}

export interface ReadingPlaces {
  /** Nodes whose values an operator or a function reads. The value of any other node is only handed on. */
  readonly read: ReadonlySet<Node>;
  /** Variables that may be a built-in function, since what it is given is read. */
  readonly called: ReadonlySet<Node>;
  /** What it reads cannot be told from its syntax. */
  readonly everything: boolean;
}

/** Finds where an expression reads values. What is not known to hand on counts as reading. */
export function findReadingPlaces(root: Node, builtIns: ReadonlySet<string>): ReadingPlaces {
  // As JSONata 2.2 is written, these look at lists and at the keys of objects, which traps see, and at nothing else.
  const handingOn = new Set(
    'count append exists map filter single reduce zip reverse shuffle each sift merge keys spread'.split(' '),
  );
  const read = new Set<Node>();
  const called = new Set<Node>();
  let everything = false;

  const isBuiltIn = ({ type, value }: Node) => type === 'variable' && builtIns.has(String(value));

  const visitCall = ({ procedure, arguments: own = [] }: Node, before: readonly Node[]): void => {
    const name = procedure?.type === 'variable' ? String(procedure.value) : '';
    if (procedure?.type === 'variable') called.add(procedure);
    else if (procedure !== undefined) visit(procedure, false);
    const given = [...before, ...own];
    const functions = given.filter(isBuiltIn);
    for (const each of functions) called.add(each);
    given.forEach((argument, at) => {
      const handsOn =
        !builtIns.has(name) ||
        handingOn.has(name) ||
        (name === 'sort' && given.length > 1) ||
        (name === 'lookup' && at === 0);
      visit(argument, functions.length > 0 || !handsOn);
    });
  };

  const visitPairs = (pairs: readonly (readonly [Node, Node])[]): void => {
    for (const [key, value] of pairs) {
      visit(key, true);
      visit(value, false);
    }
  };

  const visit = (node: Node, isRead: boolean): void => {
    if (isRead) read.add(node);
    for (const { expr } of [...(node.predicate ?? []), ...(node.stages ?? [])]) if (expr) visit(expr, true);
    if (node.group) visitPairs(node.group.lhs);
    const { lhs, rhs } = node;
    const one = (Array.isArray(lhs) ? undefined : lhs) as Node | undefined;
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
      case 'name':
      case 'wildcard':
      case 'descendant':
      case 'parent':
      case 'regex':
      case 'variable':
        return;
      case 'path':
        for (const step of node.steps ?? []) visit(step, false);
        return;
      case 'sort':
        for (const { expression } of node.terms ?? []) visit(expression, true);
        return;
      case 'block':
        for (const each of node.expressions ?? []) visit(each, false);
        return;
      case 'unary':
        if (node.expression) visit(node.expression, true);
        for (const each of node.expressions ?? []) visit(each, false);
        if (Array.isArray(lhs)) visitPairs(lhs);
        return;
      case 'binary':
        if (one) visit(one, true);
        if (rhs) visit(rhs, true);
        return;
      case 'bind':
        if (rhs) visit(rhs, false);
        return;
      case 'condition':
        if (node.condition) visit(node.condition, true);
        if (node.then) visit(node.then, false);
        if (node.else) visit(node.else, false);
        return;
      case 'lambda':
        if ((node as { readonly signature?: unknown }).signature !== undefined) everything = true;
        if (node.body) visit(node.body, false);
        return;
      case 'function':
        visitCall(node, []);
        return;
      case 'apply':
        if (one && rhs?.type === 'function') visitCall(rhs, [one]);
        else {
          if (one) visit(one, true);
          if (rhs?.type === 'variable') called.add(rhs);
          else if (rhs) visit(rhs, false);
        }
        return;
      default:
        // Among others `$f(?, 1)` and `|…|…|`.
        everything = true;
    }
  };
  visit(root, false);
  return { read, called, everything };
}
