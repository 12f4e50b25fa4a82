import { z } from 'zod';
import { OPERATIONS, type Operation } from './operation.js';

const scope = {
  /** Endpoint id; absent: any. */
  endpoint: z.string().min(1).optional(),
  operation: z.enum(OPERATIONS).optional(),
  /** How many matching requests it takes; absent: all. */
  times: z.int().positive().optional(),
  /** How many matching requests it lets pass first. */
  skip: z.int().nonnegative().optional(),
};

const delayMs = z.number().nonnegative();

const faultSchema = z.discriminatedUnion('kind', [
  /** Holds the request back, then carries it out, even if the client has left meanwhile: it was on its way. */
  z.strictObject({ ...scope, kind: z.literal('delay'), delayMs }),
  /** Carries the request out at once and holds back the answer. */
  z.strictObject({ ...scope, kind: z.literal('delay-answer'), delayMs }),
  /** Answers with this status (default 503) and carries nothing out. `html` makes it an edge's error page. */
  z.strictObject({
    ...scope,
    kind: z.literal('status'),
    httpStatus: z.int().min(200).max(599).optional(),
    retryAfterSeconds: z.number().nonnegative().optional(),
    body: z.json().optional(),
    html: z.boolean().optional(),
  }),
  /** Carries the request out and closes the connection without an answer. */
  z.strictObject({ ...scope, kind: z.literal('lose-answer') }),
  /** Closes the connection and carries nothing out. */
  z.strictObject({ ...scope, kind: z.literal('reset') }),
  /** The job vanishes: unknown from then on, its handler stopped. A submit is still answered with the job's id. */
  z.strictObject({ ...scope, kind: z.literal('drop-job') }),
]);

const faultsSchema = z.array(faultSchema);
const faultsBodySchema = z.strictObject({ faults: faultsSchema });

/** Something that goes wrong on purpose. Which requests it takes: `endpoint`, `operation`, `skip`, `times`. */
export type Fault = z.input<typeof faultSchema>;

export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** What one request meets. */
export interface RequestFaults {
  readonly delayMs: number;
  readonly answerDelayMs: number;
  readonly dropJob: boolean;
  /** The fault that decides the answer, where there is one. */
  readonly answer: FaultOf<'status'> | FaultOf<'lose-answer'> | FaultOf<'reset'> | undefined;
}

export interface FaultRequest {
  readonly endpoint: string;
  readonly operation: Operation;
}

/** A fault that is not well-formed; the message names the field. */
export class InvalidFault extends Error {
  override readonly name = 'InvalidFault';
}

/**
 * The faults in force. They apply in their order: delays and drops add up, and the first that decides the answer is the
 * last that is looked at, so that those behind it are not used up unseen.
 */
export class FaultBoard {
  #entries: { readonly fault: Fault; matches: number; hits: number }[] = [];

  /** Replaces all faults. Throws {@link InvalidFault}. */
  set(faults: unknown): void {
    this.#replace(parse(faultsSchema, faults, 'faults'));
  }

  /** The same for `{ "faults": […] }`, as it comes over HTTP. */
  setFromBody(body: unknown): void {
    this.#replace(parse(faultsBodySchema, body, '').faults);
  }

  clear(): void {
    this.#entries = [];
  }

  /** The faults as they were set, each with the number of requests it took. */
  list(): (Fault & { readonly hits: number })[] {
    return this.#entries.map(({ fault, hits }) => ({ ...fault, hits }));
  }

  /** What this request meets; counts as a hit. */
  take(request: FaultRequest): RequestFaults {
    let delayMs = 0;
    let answerDelayMs = 0;
    let dropJob = false;
    for (const entry of this.#entries) {
      const { fault } = entry;
      if (!concerns(fault, request)) continue;
      entry.matches += 1;
      if (entry.matches <= (fault.skip ?? 0) || entry.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      entry.hits += 1;
      if (fault.kind === 'delay') delayMs += fault.delayMs;
      else if (fault.kind === 'delay-answer') answerDelayMs += fault.delayMs;
      else if (fault.kind === 'drop-job') dropJob = true;
      else return { delayMs, answerDelayMs, dropJob, answer: fault };
    }
    return { delayMs, answerDelayMs, dropJob, answer: undefined };
  }

  #replace(faults: readonly Fault[]): void {
    this.#entries = faults.map((fault) => ({ fault, matches: 0, hits: 0 }));
  }
}

function concerns(fault: Fault, { endpoint, operation }: FaultRequest): boolean {
  if (fault.endpoint !== undefined && fault.endpoint !== endpoint) return false;
  if (fault.operation !== undefined && fault.operation !== operation) return false;
  return fault.kind !== 'drop-job' || (operation !== 'health' && operation !== 'purge-queue');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, root: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${fieldName(path, root)}: ${message}`);
  throw new InvalidFault(problems.join('; '));
}

/** `faults[0].kind` */
function fieldName(path: readonly PropertyKey[], root: string): string {
  const name = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    root,
  );
  return name || 'the body';
}
