/**
 * RunPod's answers as schemas; SubModel documents the same, and a gateway hands them on. Loose on purpose: unknown fields
 * pass, and a counter of the wrong type is dropped rather than made the reason to lose a job. What a job can't be followed
 * without is required.
 */
import { z } from 'zod';
import type { JsonValue } from '../json.js';
import { count, json, text } from './wire-types.js';

export const jobAnswer = z.looseObject({
  id: text,
  status: text,
  output: json,
  error: json,
  delayTime: count,
  executionTime: count,
  workerId: text,
  retries: count,
});

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
