/** The part of the program that runs where expressions do: in the V8 context, beside JSONata, without anything of Node. */
import type { createLeaves, Leaves, LeavesOptions, LeavesProblem } from './expression-leaves.js';
import type { findReadingPlaces, ReadingPlaces } from './reading-places.js';
import type { Node } from './syntax.js';

/** What became of one expression. */
export type Outcome = { json?: string | undefined; isPlain?: boolean; message?: string; lacks?: boolean };

/** What the context offers to the process: all are only ever called from inside, under the time limit. */
export interface Inside {
  /** How many rows there are. Throws {@link LeavesProblem}, as `needs` does. */
  bind(bindings: string, each: string | undefined, leaves: LeavesOptions | undefined): number;
  evaluate(expression: string, row: number): Outcome;
  needs(): readonly string[];
}

export type Jsonata = (source: string) => {
  evaluate(input: unknown, bindings: Readonly<Record<string, unknown>>): Promise<unknown>;
  assign(name: string | symbol, value: unknown): void;
  ast(): Node;
};

/** Runs in the context. Handed over as text: it must be complete in itself. */
export function inContext(
  jsonata: Jsonata,
  makeLeaves: typeof createLeaves,
  findPlaces: typeof findReadingPlaces,
  builtIns: ReadonlySet<string>,
): Inside {
  type Parsed = ReturnType<Jsonata> & { places?: ReadingPlaces };
  const parsed = new Map<string, Parsed>();
  const isArray = Array.isArray;
  const A_FUNCTION = 'yields a function, which JSON cannot hold';
  let leaves: Leaves | undefined;
  let shared: Readonly<Record<string, unknown>> = {};
  let rows: readonly Readonly<Record<string, unknown>>[] = [];

  // No expression can name it.
  const DATA_KEY = 'key of data';

  /**
   * A key that is made of a value is data, whatever the value: else a provider could make of two texts a reference, or a secret to be
   * filled in. It is escaped, as in what a provider sends.
   */
  const keepKeysData = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const { type, value, lhs, group } = part as Partial<Node>;
    const pairs = [...(type === 'unary' && value === '{' && isArray(lhs) ? lhs : []), ...(group?.lhs ?? [])];
    for (const child of Object.values(part)) keepKeysData(child);
    for (const pair of pairs as [Node, Node][]) {
      const [key] = pair;
      const procedure = { type: 'variable', value: DATA_KEY };
      if (key.type !== 'string') pair[0] = { type: 'function', value: '(', procedure, arguments: [key] };
    }
  };

  const parse = (expression: string) => {
    const known = parsed.get(expression);
    if (known) return known;
    if (parsed.size >= 500) parsed.clear();
    const fresh: Parsed = jsonata(expression);
    keepKeysData(fresh.ast());
    fresh.assign(DATA_KEY, (key: unknown) => (key === '$artifact' || key === '$secret' ? `$${key}` : key));
    parsed.set(expression, fresh);
    return fresh;
  };

  /** JSONata tells of each node as it enters and leaves it. */
  const watch = (expression: Parsed) => {
    const held = leaves?.any ? leaves : undefined;
    const onEntry = Symbol.for('jsonata.__evaluate_entry');
    const onExit = Symbol.for('jsonata.__evaluate_exit');
    if (held === undefined) {
      expression.assign(onEntry, undefined);
      expression.assign(onExit, undefined);
      return;
    }
    expression.places ??= findPlaces(expression.ast(), builtIns);
    const { read, called, everything } = expression.places;
    if (everything) held.touchAll();
    expression.assign(onEntry, ({ type }: Node, input: unknown) => {
      // A function may take what it lacks from its context; in a tail call it is entered as a lambda.
      if (type === 'function' || type === 'apply' || type === 'lambda') held.touchItself(input);
    });
    expression.assign(onExit, (node: Node, _input: unknown, _frame: unknown, result: unknown) => {
      if (read.has(node)) held.touch(result);
      const isNative = (result as { readonly _jsonata_function?: unknown } | undefined | null)?._jsonata_function;
      if (node.type === 'variable' && isNative === true && !called.has(node)) held.touchAll();
    });
  };

  const run = async (source: string, row: number) => {
    const expression = parse(source);
    watch(expression);
    const value = await expression.evaluate(undefined, { ...shared, ...rows[row] });
    // Whoever gets it has to know whether it is a list.
    if (leaves?.isJson(value)) leaves.touchItself(value);
    const isPlain = isPlainJson(value, 0);
    const json = JSON.stringify(value, leaves?.any ? (_key, item) => leaves?.referenceOf(item) ?? item : undefined);
    return { json, isPlain: isPlain && json !== undefined && json.length >= 4_096 };
  };

  /**
   * Whether a value is plain, see `ValueText`. Throws for what JSON cannot hold, which `JSON.stringify` would leave out or make null; a
   * replacer that sees to it takes several times as long.
   */
  const isPlainJson = (value: unknown, depth: number): boolean => {
    if (typeof value === 'string') return value.length < 1_024;
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new Error(`yields ${value}, which JSON cannot hold`);
    if (typeof value === 'function') throw new Error(A_FUNCTION);
    if (typeof value !== 'object' || value === null) return true;
    if (leaves?.referenceOf(value) !== undefined) return false;
    const inside = value as Readonly<Record<string, unknown>>;
    if (inside._jsonata_function || inside._jsonata_lambda) throw new Error(A_FUNCTION);
    let isPlain = depth < 1_000;
    // To the end, whatever is found.
    if (isArray(value)) for (const item of value) isPlain = isPlainJson(item, depth + 1) && isPlain;
    else
      for (const key of Object.keys(inside))
        isPlain = isPlainJson(inside[key], depth + 1) && key !== '$artifact' && isPlain;
    return isPlain;
  };

  const describe = (error: { name?: string; message?: string; code?: string; position?: number }) => {
    if (error?.name === 'RangeError') return 'recurses too deeply, or makes too large a value';
    const message = error?.message ?? String(error);
    const short = message.length > 400 ? `${message.slice(0, 400)}…` : message;
    if (!error?.code) return short;
    return `${short} (${error.code}${error.position === undefined ? '' : `, near character ${error.position}`})`;
  };

  return {
    bind(bindings, each, options) {
      Array.isArray = isArray;
      leaves = options && makeLeaves(options);
      const read = leaves?.parse ?? JSON.parse;
      shared = read(bindings) as typeof shared;
      rows = each === undefined ? [{}] : (read(each) as typeof rows);
      return rows.length;
    },
    evaluate(expression, row) {
      // Filled by the time the call returns, since the context's microtasks run before that.
      const outcome: Outcome = {};
      run(expression, row)
        .then(
          (made) => {
            Object.assign(outcome, made);
          },
          (error) => {
            outcome.message = describe(error);
          },
        )
        .then(() => {
          outcome.lacks = leaves?.lacks ?? false;
        });
      return outcome;
    },
    needs: () => leaves?.needs() ?? [],
  };
}
