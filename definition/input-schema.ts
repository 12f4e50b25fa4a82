/** JSON Schemas of the authors of definitions: checked here, with their limits, since nothing about them is trusted. */
import { createContext, Script } from 'node:vm';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { schemaOfDraft07 } from './draft-07.js';
import { cut, type Problem, quote } from './problems.js';

/** A `pattern` like `^(a+)+$` would hold the whole process for hours; a check of an input of 2 MiB takes about 20 ms. */
const TIME_LIMIT_MS = 500;
/**
 * What is ended by the clock with less time than this on a processor is tried again, with twice the limit: on a machine
 * with ten times the work it can do, sound definitions were refused.
 */
const FAIR_CPU_MS = 250;
/** The last limit: 3.5 s in all, less than the 5 s of the activity. */
const LAST_LIMIT_MS = 2_000;

/** Checks a value, with the paths of what is wrong in it. */
export type SchemaCheck = (value: JsonValue) => readonly Problem[];

export type CompiledSchema =
  | { readonly ok: true; readonly check: SchemaCheck }
  | { readonly ok: false; readonly message: string };

/** A worker sees the same few definitions over and over; a caller that makes up one for each run must not fill the memory. */
const MAX_REMEMBERED = 100;
const remembered = new Map<string, CompiledSchema>();

/**
 * Makes a check of a JSON Schema: draft 2020-12, or draft-07 where `$schema` says so. `format` is not checked, and
 * nothing is ever fetched: a `$ref` that leaves the schema is an error. Never throws.
 */
export function compileSchema(schema: JsonObject): CompiledSchema {
  const text = JSON.stringify(schema);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  try {
    const compiled = compile(schema);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, compiled);
    return compiled;
  } catch (error) {
    // Not remembered: what took too long now need not the next time.
    return { ok: false, message: `is not a JSON Schema that can be used: ${reason(error)}` };
  }
}

function compile(schema: JsonObject): CompiledSchema {
  const draft = draftOf(schema);
  const meta = draft.meta();
  const problems = withinTime(() => (meta.validateSchema(schema) ? undefined : meta.errorsText(meta.errors)));
  if (problems !== undefined) return { ok: false, message: `is not a JSON Schema: ${cut(problems, 300)}` };
  // One for each schema: what is compiled stays in it, and a `$id` could stand in for that of another schema.
  const own = draft.create();
  const validate = withinTime(() => own.compile(schema));
  return { ok: true, check: (value) => runCheck(validate, value) };
}

const OPTIONS = { strict: false, allErrors: true, validateFormats: false, logger: false } as const;
/** Without the schemas of schemas, which take 20 ms to compile and are needed once a process. */
const BARE = { ...OPTIONS, meta: false, validateSchema: false } as const;
const draft07 = {
  meta: once(() => warm(new Ajv({ ...OPTIONS, meta: false }).addMetaSchema(schemaOfDraft07()))),
  create: () => new Ajv(BARE),
};
const draft2020 = { meta: once(() => warm(new Ajv2020(OPTIONS))), create: () => new Ajv2020(BARE) };

/** Compiles the schema of schemas, which is lazy, so that the first author's time is not spent on it. */
function warm<Validator extends Ajv>(validator: Validator): Validator {
  validator.validateSchema({});
  return validator;
}

function draftOf({ $schema: draft }: JsonObject): typeof draft07 | typeof draft2020 {
  if (typeof draft === 'string' && draft.includes('draft-07')) return draft07;
  if (draft === undefined || (typeof draft === 'string' && draft.includes('2020-12'))) return draft2020;
  throw new Error(`$schema ${cut(JSON.stringify(draft), 80)} is not known (known: draft 2020-12, draft-07)`);
}

function once<T>(create: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= create();
    return value;
  };
}

function runCheck(validate: ValidateFunction, value: JsonValue): readonly Problem[] {
  try {
    if (withinTime(() => validate(value))) return [];
  } catch (error) {
    return [{ path: [], message: `cannot be checked against the schema: ${reason(error)}` }];
  }
  return (validate.errors ?? []).map((error) => problemOf(error, value));
}

function problemOf(error: ErrorObject, value: JsonValue): Problem {
  const { keyword, params, instancePath, message = 'does not meet the schema' } = error;
  const path = pathOf(instancePath, value);
  switch (keyword) {
    case 'required':
      return { path: [...path, params.missingProperty], message: 'is missing' };
    case 'additionalProperties':
      return { path: [...path, params.additionalProperty], message: 'unknown field' };
    case 'unevaluatedProperties':
      return { path: [...path, params.unevaluatedProperty], message: 'unknown field' };
    case 'enum':
      return { path, message: `must be one of ${cut(params.allowedValues.map(show).join(', '), 200)}` };
    case 'const':
      return { path, message: `must be ${show(params.allowedValue)}` };
    default:
      return { path, message };
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? quote(value) : cut(JSON.stringify(value), 60);
}

/** The keys of a JSON Pointer; those of a list as numbers, which only the value can tell. */
function pathOf(pointer: string, value: JsonValue): Path {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at: unknown = value;
  return keys.map((key) => {
    const list = Array.isArray(at);
    at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[key];
    return list ? Number(key) : key;
  });
}

function reason(error: unknown): string {
  if (isOutOfTime(error)) return `it takes longer than ${TIME_LIMIT_MS} ms`;
  // Not `instanceof`: an error of the other context.
  return cut((error as { readonly message?: string }).message ?? String(error), 300);
}

function isOutOfTime(error: unknown): boolean {
  return (error as { readonly code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

const box: { work?: () => unknown } = {};
const boxContext = createContext(box);
const callWork = new Script('work()');

/** Runs `work` until it is done or the time is up, when V8 ends it wherever it is, a regular expression included. */
function withinTime<T>(work: () => T): T {
  box.work = work;
  try {
    for (let limitMs = TIME_LIMIT_MS; ; limitMs *= 2) {
      const before = process.cpuUsage();
      try {
        return callWork.runInContext(boxContext, { timeout: limitMs }) as T;
      } catch (error) {
        // Of all threads together, so this one had no more.
        const { user, system } = process.cpuUsage(before);
        const wasStarved = (user + system) / 1_000 < FAIR_CPU_MS;
        if (!isOutOfTime(error) || !wasStarved || limitMs >= LAST_LIMIT_MS) throw error;
      }
    }
  } finally {
    delete box.work;
  }
}
