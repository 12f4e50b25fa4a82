/**
 * The program of the process that evaluates expressions. It is handed to Node as text, so that it runs from the sources
 * under a test runner and from `dist` alike. Therefore each of the two functions below must be complete in itself:
 * whatever it uses is its parameter, of the language, or required inside.
 *
 * The expressions run in a V8 context of their own with a microtask queue of its own (`afterEvaluate`): JSONata works in
 * promises, and only so does the time limit hold for all of it, be it an endless recursion or a regular expression. The
 * context is thrown away after that; the process goes on.
 */

/** From the pool. Values are JSON texts: they are parsed inside the context. */
export interface ProgramRequest {
  readonly expressions: readonly string[];
  readonly bindings: string;
  /** A JSON list of bindings, one for each row. */
  readonly each?: string;
  readonly budgetMs: number;
}

/** To the pool. */
export type ProgramReply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      /** JSON texts; `undefined` for nothing. */
      readonly values: readonly (string | undefined)[];
      readonly failure?: { readonly at: number; readonly message: string } | undefined;
      readonly ranMs: number;
    };

export interface ProgramOptions {
  /** Path of JSONata, a file without imports. */
  readonly jsonataFile: string;
  /** For each expression. */
  readonly timeoutMs: number;
  /** For all results of a request, in characters of JSON. */
  readonly maxResultLength: number;
}

/** The text for `node -e`. */
export function programText(options: ProgramOptions): string {
  return `(${serve})(require, ${JSON.stringify(options)}, ${JSON.stringify(`(${inContext})`)})`;
}

type Outcome = { text?: string | undefined; message?: string };

/** What the context offers to the process: both are only ever called from inside, under the time limit. */
interface Inside {
  bind(bindings: string, each: string | undefined): number;
  evaluate(expression: string, row: number): Outcome;
}

type Jsonata = (source: string) => {
  evaluate(input: unknown, bindings: Readonly<Record<string, unknown>>): Promise<unknown>;
};

/** Runs in the context. */
function inContext(jsonata: Jsonata): Inside {
  const parsed = new Map<string, ReturnType<Jsonata>>();
  let shared: Readonly<Record<string, unknown>> = {};
  let rows: readonly Readonly<Record<string, unknown>>[] = [];

  const parse = (expression: string) => {
    const known = parsed.get(expression);
    if (known) return known;
    if (parsed.size >= 500) parsed.clear();
    const fresh = jsonata(expression);
    parsed.set(expression, fresh);
    return fresh;
  };

  const toJson = (value: unknown) =>
    JSON.stringify(value, (_key, item) => {
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
    bind(bindings, each) {
      shared = JSON.parse(bindings);
      rows = each === undefined ? [{}] : JSON.parse(each);
      return rows.length;
    },
    evaluate(expression, row) {
      // Filled by the time the call returns, since the context's microtasks run before that.
      const outcome: Outcome = {};
      const run = async () => toJson(await parse(expression).evaluate(undefined, { ...shared, ...rows[row] }));
      run().then(
        (text) => {
          outcome.text = text;
        },
        (error) => {
          outcome.message = describe(error);
        },
      );
      return outcome;
    },
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
  const bind = new vm.Script('inside.bind(call.bindings, call.each)');
  const evaluate = new vm.Script('inside.evaluate(call.expression, call.row)');

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

  const answer = ({ expressions, bindings, each, budgetMs }: ProgramRequest): ProgramReply => {
    const started = performance.now();
    const ranMs = () => performance.now() - started;
    const values: (string | undefined)[] = [];
    const fail = (message: string) => ({
      kind: 'done' as const,
      values,
      failure: { at: values.length, message },
      ranMs: ranMs(),
    });
    let length = 0;
    let limitMs = budgetMs;
    try {
      const rows: number = call(bind, { bindings, each }, limitMs);
      for (let row = 0; row < rows; row++) {
        for (const expression of expressions) {
          limitMs = Math.min(options.timeoutMs, budgetMs - ranMs());
          const outcome: Outcome = call(evaluate, { expression, row }, limitMs);
          if (outcome.message !== undefined) return fail(outcome.message);
          length += outcome.text?.length ?? 0;
          if (length > options.maxResultLength)
            return fail(`yields more than ${options.maxResultLength} characters of JSON`);
          values.push(outcome.text);
        }
      }
      return { kind: 'done', values, ranMs: ranMs() };
    } catch (error) {
      context = createContext();
      const { code, message } = error as { code?: string; message?: string };
      return fail(code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? describeLimit(limitMs) : String(message));
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
