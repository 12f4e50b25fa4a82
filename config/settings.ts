/** The settings that jobrelay.yaml, a pipeline's defaults and a step write alike, and what they come to. */
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import type { SettingsLayer } from './config.js';
import { definedFields } from './defined-fields.js';
import { InvalidDuration, parseDuration } from './duration.js';

const DURATION_EXPECTED = 'must be a duration like "90s", "5m" or "1h", or milliseconds as a number';

const duration = z.union([z.string(), z.number()], { error: DURATION_EXPECTED }).transform((value, context) => {
  try {
    return parseDuration(value);
  } catch (error) {
    if (!(error instanceof InvalidDuration)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const retries = z.int().min(0).max(100);

/** What `defaults` and an endpoint can set, and a step of a pipeline too. */
export const settingsShape = {
  timeouts: closedObject({
    queue: duration.optional(),
    run: duration.optional(),
    total: duration.optional(),
  }).optional(),
  retry: closedObject({
    platform: retries.optional(),
    queue: retries.optional(),
    handler: retries.optional(),
  }).optional(),
  onAmbiguousSubmit: z.enum(['resubmit', 'fail']).optional(),
};

type WrittenSettings = z.output<z.ZodObject<typeof settingsShape>>;

/** Settings as they are written, as a layer to lay over others. */
export function settingsLayer({ timeouts, retry, onAmbiguousSubmit }: WrittenSettings): SettingsLayer {
  return {
    ...(timeouts && {
      timeouts: definedFields({ queueMs: timeouts.queue, runMs: timeouts.run, totalMs: timeouts.total }),
    }),
    ...(retry && { retry: definedFields(retry) }),
    ...(onAmbiguousSubmit && { onAmbiguousSubmit }),
  };
}
