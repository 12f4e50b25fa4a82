/**
 * RunPod's answers as schemas; SubModel documents the same, and a gateway hands them on. Loose on purpose: unknown fields
 * pass, and a counter of the wrong type is dropped rather than made the reason to lose a job. What a job can't be followed
 * without is required.
 */
import { z } from 'zod';
import type { JsonValue } from '../json.js';
import { count, countIn, text, textIn } from './wire-types.js';

/** What an answer tells of a job. */
export interface JobAnswer {
  readonly id: string | undefined;
  readonly status: string | undefined;
  readonly output: JsonValue | undefined;
  readonly error: JsonValue | undefined;
  readonly delayTime: number | undefined;
  readonly executionTime: number | undefined;
  readonly workerId: string | undefined;
  readonly retries: number | undefined;
}

/**
 * A job, out of the JSON of an answer; undefined where that is no object. By hand, since it stands in the way of every
 * poll, and all that a schema could say of it is that every field may be missing.
 */
export function readJobAnswer(value: unknown): JobAnswer | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = value as Readonly<Record<string, JsonValue | undefined>>;
  return {
    id: textIn(fields.id),
    status: textIn(fields.status),
    output: fields.output,
    error: fields.error,
    delayTime: countIn(fields.delayTime),
    executionTime: countIn(fields.executionTime),
    workerId: textIn(fields.workerId),
    retries: countIn(fields.retries),
  };
}

const chunks = z.array(z.custom<JsonValue>(() => true));

/** The envelope is what RunPod sends; the bare array stands in its older pages, and may come through a proxy of old. */
export const streamAnswer = z.union([
  chunks.transform((stream) => ({ status: undefined, stream })),
  z
    .looseObject({ status: text, stream: chunks.optional() })
    .refine(({ status, stream }) => status !== undefined || stream !== undefined)
    .transform(({ status, stream = [] }) => ({ status, stream })),
]);

/** `purged` is what a gateway's own tests answer with. */
export const purgeAnswer = z.looseObject({ removed: count, purged: count });

export const healthAnswer = z.looseObject({
  jobs: z.looseObject({ completed: count, failed: count, inProgress: count, inQueue: count, retried: count }).catch({}),
  workers: z
    .looseObject({
      idle: count,
      initializing: count,
      ready: count,
      running: count,
      throttled: count,
      unhealthy: count,
    })
    .catch({}),
});
