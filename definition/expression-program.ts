/**
 * The program of the process that evaluates expressions. It is handed to Node as text, so that it runs from the sources
 * under a test runner and from `dist` alike. Therefore each of the functions below must be complete in itself:
 * whatever it uses is its parameter, of the language, or required inside.
 *
 * The expressions run in a V8 context of their own with a microtask queue of its own (`afterEvaluate`): JSONata works in
 * promises, and only so does the time limit hold for all of it, be it an endless recursion or a regular expression. The
 * context is thrown away after that; the process goes on.
 */

import type { StoredForm } from './expression-engine.js';
import { createLeaves, type Leaves, type LeavesOptions, type LeavesProblem } from './expression-leaves.js';
import { findReadingPlaces, type ReadingPlaces } from './reading-places.js';
import type { Node } from './syntax.js';

/** From the pool. Values are JSON texts: they are parsed inside the context. */
export interface ProgramRequest {
  readonly expressions: readonly string[];
  readonly bindings: string;
  /** A JSON list of bindings, one for each row. */
  readonly each?: string;
  readonly budgetMs: number;
  /** All limits of time are multiplied by it: for a process that got little of a processor before. */
  readonly slack: number;
  /** The values are in stored form; see `Batch.stored`. */
  readonly stored?: StoredForm;
}

/** To the pool. */
export type ProgramReply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      /** JSON texts; `undefined` for nothing. */
      readonly values: readonly (string | undefined)[];
      readonly failure?: { readonly at?: number; readonly message: string; readonly isTooLarge?: boolean } | undefined;
      /** Digests of what has to be there first; then there are no values. */
      readonly needs?: readonly string[] | undefined;
      /** Ended by the clock, with less than half of that time on a processor. */
      readonly isStarved?: boolean;
      readonly ranMs: number;
    };

export interface ProgramOptions {
  /** Path of JSONata, a file without imports. */
  readonly jsonataFile: string;
  /** For each expression. */
  readonly timeoutMs: number;
  /** For all results of a request, in characters of JSON. */
  readonly maxResultLength: number;
  /** Names of the functions of JSONata. */
  readonly builtIns: readonly string[];
}

/** The text for `node -e`. */
export function programText(options: ProgramOptions): string {
  const inside = `((jsonata) => (${inContext})(jsonata, ${createLeaves}, ${findReadingPlaces}, new Set(${JSON.stringify(options.builtIns)})))`;
  return `(${serve})(require, ${JSON.stringify(options)}, ${JSON.stringify(inside)})`;
}

type Outcome = { text?: string | undefined; message?: string; lacks?: boolean };

/** What the context offers to the process: all are only ever called from inside, under the time limit. */
interface Inside {
  /** How many rows there are. Throws {@link LeavesProblem}, as `needs` does. */
  bind(bindings: string, each: string | undefined, leaves: LeavesOptions | undefined): number;
  evaluate(expression: string, row: number): Outcome;
  needs(): readonly string[];
}

type Jsonata = (source: string) => {
  evaluate(input: unknown, bindings: Readonly<Record<string, unknown>>): Promise<unknown>;
  assign(name: symbol, value: unknown): void;
  ast(): Node;
};

/** Runs in the context. */
function inContext(
  jsonata: Jsonata,
  makeLeaves: typeof createLeaves,
  findPlaces: typeof findReadingPlaces,
  builtIns: ReadonlySet<string>,
): Inside {
  type Parsed = ReturnType<Jsonata> & { places?: ReadingPlaces };
  const parsed = new Map<string, Parsed>();
  const isArray = Array.isArray;
  let leaves: Leaves | undefined;
  let shared: Readonly<Record<string, unknown>> = {};
  let rows: readonly Readonly<Record<string, unknown>>[] = [];

  const parse = (expression: string) => {
    const known = parsed.get(expression);
    if (known) return known;
    if (parsed.size >= 500) parsed.clear();
    const fresh: Parsed = jsonata(expression);
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
    return toJson(value);
  };

  const toJson = (value: unknown) =>
    JSON.stringify(value, (_key, item) => {
      const reference = leaves?.referenceOf(item);
      if (reference !== undefined) return reference;
      if (typeof item === 'number' && !Number.isFinite(item)) throw new Error(`yields ${item}, which JSON cannot hold`);
      if (typeof item === 'function' || item?._jsonata_function || item?._jsonata_lambda) {
        throw new Error('yields a function, which JSON cannot hold');
      }
      return item;
    });

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
          (text) => {
            outcome.text = text;
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

/** Runs in the process. */
function serve(require: NodeJS.Require, options: ProgramOptions, inContextText: string): void {
  const vm: typeof import('node:vm') = require('node:vm');
  const fs: typeof import('node:fs') = require('node:fs');

  const library = new vm.Script(
    `const inside = (() => {
      const module = { exports: {} };
      const exports = module.exports;
      ${fs.readFileSync(options.jsonataFile, 'utf8')}
      return ${inContextText}(module.exports);
    })();`,
    { filename: options.jsonataFile },
  );
  const bind = new vm.Script('inside.bind(call.bindings, call.each, call.leaves)');
  const evaluate = new vm.Script('inside.evaluate(call.expression, call.row)');
  const findNeeds = new vm.Script('inside.needs()');

  const createContext = () => {
    // JSONata asks `window` for these two; a context has neither them nor anything else of Node.
    const sandbox = { window: { btoa, atob }, call: {} };
    vm.createContext(sandbox, { microtaskMode: 'afterEvaluate' });
    library.runInContext(sandbox);
    return sandbox;
  };
  let context = createContext();

  const call = (script: import('node:vm').Script, argument: object, timeoutMs: number) => {
    context.call = argument;
    return script.runInContext(context, { timeout: Math.max(1, Math.ceil(timeoutMs)) });
  };

  const describeLimit = (limitMs: number) => {
    if (limitMs < options.timeoutMs) return 'the expressions took longer than their time together';
    return `took longer than ${options.timeoutMs / 1000} s`;
  };

  const leavesOf = ({ ahead, maxBytes, contents }: StoredForm): LeavesOptions => ({
    ahead,
    maxBytes,
    content(sha256, encoding) {
      const found = contents.get(sha256);
      if (found === undefined) return undefined;
      const isText = encoding === 'json' || encoding === 'text';
      const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return { bytes: bytes.byteLength, text: isText ? decoder.decode(bytes) : bytes.toString('base64') };
    },
  });

  const answer = ({ expressions, bindings, each, slack, stored, ...request }: ProgramRequest): ProgramReply => {
    const started = performance.now();
    const cpuBefore = process.cpuUsage();
    const timeoutMs = options.timeoutMs * slack;
    const budgetMs = request.budgetMs * slack;
    const ranMs = () => performance.now() - started;
    // Counts against the caller's budget, which knows of no slack.
    const spentMs = () => ranMs() / slack;
    const isStarved = () => {
      // Of all threads together, so the one that evaluates had no more.
      const { user, system } = process.cpuUsage(cpuBefore);
      return (user + system) / 1_000 < ranMs() / 2;
    };
    const values: (string | undefined)[] = [];
    const fail = (message: string) => ({
      kind: 'done' as const,
      values,
      failure: { at: values.length, message },
      ranMs: spentMs(),
    });
    let lacks = false;
    let length = 0;
    let limitMs = budgetMs;
    try {
      const rows: number = call(bind, { bindings, each, leaves: stored && leavesOf(stored) }, limitMs);
      for (let row = 0; row < rows; row++) {
        for (const expression of expressions) {
          limitMs = Math.min(timeoutMs, budgetMs - ranMs());
          const outcome: Outcome = call(evaluate, { expression, row }, limitMs);
          lacks ||= outcome.lacks ?? false;
          // All rows are asked, so that what they need is loaded at once. What an expression made without it is void.
          if (lacks) continue;
          if (outcome.message !== undefined) return fail(outcome.message);
          length += outcome.text?.length ?? 0;
          if (length > options.maxResultLength)
            return fail(`yields more than ${options.maxResultLength} characters of JSON`);
          values.push(outcome.text);
        }
      }
      if (lacks) {
        const needs: readonly string[] = call(findNeeds, {}, timeoutMs);
        return { kind: 'done', values: [], needs: [...needs], ranMs: spentMs() };
      }
      return { kind: 'done', values, ranMs: spentMs() };
    } catch (error) {
      const { code, message, isTooLarge } = error as Partial<LeavesProblem> & { code?: string };
      if (message !== undefined && isTooLarge !== undefined) {
        return { kind: 'done', values: [], failure: { message, isTooLarge }, ranMs: spentMs() };
      }
      const isTimeout = code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      const failed = fail(isTimeout ? describeLimit(limitMs / slack) : String(message));
      const reply = isTimeout && isStarved() ? { ...failed, isStarved: true } : failed;
      context = createContext();
      return reply;
    }
  };

  process.title = 'jobrelay expressions';
  // Ctrl-C and a service manager signal the whole group: the worker decides when this process ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit());
  process.on('message', (request: ProgramRequest) => process.send?.(answer(request)));
  process.send?.({ kind: 'ready' } satisfies ProgramReply);
}
