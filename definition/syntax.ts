import jsonata from 'jsonata';

/** A node of the syntax tree of JSONata 2.2, where its published type is `any` or silent. */
export interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly expressions?: readonly Node[];
  readonly arguments?: readonly Node[];
  readonly terms?: readonly { readonly expression: Node }[];
  readonly lhs?: Node | readonly (readonly [Node, Node])[];
  readonly group?: { readonly lhs: readonly (readonly [Node, Node])[] };
  readonly predicate?: readonly Stage[];
  readonly stages?: readonly Stage[];
  readonly rhs?: Node;
  readonly expression?: Node;
  readonly procedure?: Node;
  readonly condition?: Node;
  readonly then?: Node;
  readonly else?: Node;
  readonly body?: Node;
  readonly pattern?: Node;
  readonly update?: Node;
  readonly delete?: Node;
  /** `[]` stands behind it: one item stays a list. */
  readonly keepArray?: boolean;
  /** Of a path: `[]` stands somewhere in it. */
  readonly keepSingletonArray?: boolean;
  /** Variable that `@$x` binds to the item. */
  readonly focus?: string;
  /** Variable that `#$i` binds to the position. */
  readonly index?: string;
}

/** `[…]` behind a step, or `#$i` behind one. */
export interface Stage {
  readonly type: string;
  readonly expr?: Node;
  readonly value?: string;
}

/** The tree of an expression. Throws what JSONata throws for text that does not parse. */
export function syntaxOf(source: string): Node {
  return jsonata(source).ast() as unknown as Node;
}

export function isNode(value: Node['lhs']): value is Node {
  return value !== undefined && !Array.isArray(value);
}
