/** SubModel's envelope as a schema: its own SDK takes answers out of one, its documents show them bare. */
import { z } from 'zod';
import { text } from './wire-types.js';

/** `data` may be missing from an error. What has a status of its own is a job that happens to have a code. */
export const envelope = z
  .looseObject({
    code: z.int(),
    message: text,
    data: z.unknown().optional(),
    status: z.undefined().optional(),
  })
  .refine(({ data, message }) => message !== undefined || (typeof data === 'object' && data !== null));
