/**
 * Where an expression reads values, told from its syntax. Handed to the process that evaluates as text, so it must be complete
 * in itself.
 */
import type { Node } from './syntax.js';

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
