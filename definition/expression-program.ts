/**
 * The program of the process that evaluates expressions. It is handed to Node as text, so that it runs from the sources
 * under a test runner and from `dist` alike. Therefore each of the functions must be complete in itself:
 * whatever it uses is its parameter, of the language, or required inside.
 *
 * The expressions run in a V8 context of their own with a microtask queue of its own (`afterEvaluate`): JSONata works in
 * promises, and only so does the time limit hold for all of it, be it an endless recursion or a regular expression. The
 * context is thrown away after that; the process goes on.
 */

import { inContext, type Outcome } from './expression-context.js';
import type { StoredForm, ValueText } from './expression-engine.js';
import { createLeaves, type LeavesOptions, type LeavesProblem } from './expression-leaves.js';
import { findReadingPlaces } from './reading-places.js';

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
      /** `undefined` for nothing. */
      readonly values: readonly (ValueText | undefined)[];
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

/** Runs in the process. */
function serve(require: NodeJS.Require, options: ProgramOptions, inContextText: string): void {
  const vm: typeof import('node:vm') = require('node:vm');
  const fs: typeof import('node:fs') = require('node:fs');

  // A variable of a context's global object is found by way of Node, each time it is read; a parameter is just there. JSONata
  // asks `Object` and `Symbol` several times for each node of an expression: it takes four times as long without this.
  const globals = (vm.runInNewContext('Object.getOwnPropertyNames(globalThis)') as readonly string[])
    .filter((name) => name !== 'undefined' && name !== 'eval')
    .join();
  const library = new vm.Script(
    `const inside = ((${globals}) => {
      const module = { exports: {} };
      const exports = module.exports;
      ${fs.readFileSync(options.jsonataFile, 'utf8')}
      return ${inContextText}(module.exports);
    })(${globals});`,
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
    const values: (ValueText | undefined)[] = [];
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
          const { json, isPlain = false } = outcome;
          length += json?.length ?? 0;
          if (length > options.maxResultLength)
            return fail(`yields more than ${options.maxResultLength} characters of JSON`);
          values.push(json === undefined ? undefined : { json, isPlain });
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
