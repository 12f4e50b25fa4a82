/** A gateway's own words as schemas. What it hands on from RunPod is RunPod's. */
import { z } from 'zod';
import { text } from './wire-types.js';

const detail = z
  .looseObject({
    /** What RunPod answered, of an `upstream_error`. */
    upstream_status: z.int().min(400).max(599).optional().catch(undefined),
    upstream_body: z.unknown().optional(),
    /** Which budget of the key is used up. */
    exceeded: text,
  })
  .optional()
  .catch(undefined);

export const errorAnswer = z.looseObject({ error: z.looseObject({ code: text, message: text, detail }) });

/** Of a 429 by the key's budget, which comes without the envelope too. */
export const quotaAnswer = z.looseObject({ allowed: z.literal(false), exceeded: text });
