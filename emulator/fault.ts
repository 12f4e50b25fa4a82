import { z } from 'zod';
import { OPERATIONS, type Operation } from './operation.js';

/** Operations that make a job or name one. */
const OF_JOBS = OPERATIONS.filter((operation) => operation !== 'purge-queue' && operation !== 'health');
/** Operations that tell where a job stands. */
const READS = ['status', 'status-sync', 'stream'] as const satisfies readonly Operation[];

const scope = {
  /** Endpoint id; absent: any. */
  endpoint: z.string().min(1).optional(),
  /** How many matching requests it takes; absent: all. */
  times: z.int().positive().optional(),
  /** How many matching requests it lets pass first. */
  skip: z.int().nonnegative().optional(),
  /** Takes this matching request alone, counted from 1. */
  nth: z.int().positive().optional(),
  /** How likely it takes a matching request, from the seed's sequence. */
  probability: z.number().gt(0).max(1).optional(),
};
const ofAny = { ...scope, operation: z.enum(OPERATIONS).optional() };
const ofJobs = { ...scope, operation: z.enum(OF_JOBS).optional() };
const ofReads = { ...scope, operation: z.enum(READS).optional() };

const delayMs = z.number().nonnegative();

const anyFault = z.discriminatedUnion('kind', [
  /** Holds the request back, then carries it out, even if the client has left meanwhile: it was on its way. */
  z.strictObject({ ...ofAny, kind: z.literal('delay'), delayMs }),
  /** Carries the request out at once and holds back the answer. */
  z.strictObject({ ...ofAny, kind: z.literal('delay-answer'), delayMs }),
  /** Answers with this status (default 503) and carries nothing out. `html` makes it an edge's error page. */
  z.strictObject({
    ...ofAny,
    kind: z.literal('status'),
    httpStatus: z.int().min(200).max(599).optional(),
    retryAfterSeconds: z.number().nonnegative().optional(),
    body: z.json().optional(),
    html: z.boolean().optional(),
  }),
  /** Carries the request out and closes the connection without an answer. */
  z.strictObject({ ...ofAny, kind: z.literal('lose-answer') }),
  /** Closes the connection and carries nothing out; `unread`: before the body is read, by a TCP reset. */
  z.strictObject({ ...ofAny, kind: z.literal('reset'), unread: z.boolean().optional() }),
  /**
   * Carries the request out and sends the beginning of the answer, `keep` (default 0.5) of it; `hangUp`: of the announced
   * length, then closes.
   */
  z.strictObject({
    ...ofAny,
    kind: z.literal('truncate-answer'),
    keep: z.number().gt(0).lt(1).optional(),
    hangUp: z.boolean().optional(),
  }),
  /** Carries the request out and sends the answer in single quotes, which is no JSON. */
  z.strictObject({ ...ofAny, kind: z.literal('malform-answer') }),
  /** The job vanishes: unknown from then on, its handler stopped. A submit is still answered with the job's id. */
  z.strictObject({ ...ofJobs, kind: z.literal('drop-job') }),
  /** The job's worker is lost `afterMs` (default 0) into a run, in `losses` (default 1) runs. A read's job: at once. */
  z.strictObject({
    ...ofJobs,
    kind: z.literal('lose-worker'),
    afterMs: delayMs.optional(),
    losses: z.int().min(1).max(2).optional(),
  }),
  /** The job will be COMPLETED without its output. */
  z.strictObject({ ...ofJobs, kind: z.literal('lose-output') }),
  /** A read of an ended job says IN_PROGRESS once more, with this report as the output. */
  z.strictObject({ ...ofReads, kind: z.literal('late-progress'), progress: z.json().optional() }),
  /** The job's webhook comes this much later. */
  z.strictObject({ ...ofJobs, kind: z.literal('webhook-late'), delayMs }),
  /** The job's webhook comes once more after it was accepted. */
  z.strictObject({ ...ofJobs, kind: z.literal('webhook-twice') }),
  /** The job's webhook doesn't come. */
  z.strictObject({ ...ofJobs, kind: z.literal('webhook-never') }),
]);

const faultSchema = anyFault.superRefine(({ nth, skip, times }, context) => {
  if (nth === undefined || (skip === undefined && times === undefined)) return;
  context.addIssue({
    code: 'custom',
    path: ['nth'],
    message: 'it says which request, and leaves skip and times no say',
  });
});

const faultsSchema = z.array(faultSchema);
const faultsBodySchema = z.strictObject({ faults: faultsSchema, seed: z.int().optional() });

/** Something that goes wrong on purpose. Which requests it takes: `endpoint`, `operation`, `skip`, `times`, `nth`, `probability`. */
export type Fault = z.input<typeof anyFault>;

export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** A fault that is not well-formed; the message names the field. */
export class InvalidFault extends Error {
  override readonly name = 'InvalidFault';
}

/** Throws {@link InvalidFault}. */
export function parseFaults(faults: unknown): Fault[] {
  return parse(faultsSchema, faults, 'faults');
}

/** The same for `{ "faults": […], "seed": 7 }`, as it comes over HTTP. */
export function parseFaultsBody(body: unknown): { readonly faults: Fault[]; readonly seed?: number | undefined } {
  return parse(faultsBodySchema, body, '');
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
