import { z } from 'zod';
import { closedObject } from './closed-object.js';
import { durationUpTo } from './settings.js';

const OTHERWISE = 'must be off, or a map with every';
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Whether a worker looks for the jobs of runs that were terminated. */
export const reapSchema = z
  .union(
    [
      z
        .string()
        .regex(/^off$/, OTHERWISE)
        .transform(() => 'off' as const),
      closedObject({
        every: durationUpTo(DAY_MS)
          .refine((everyMs) => everyMs >= MINUTE_MS, 'must be at least 1m')
          .optional()
          .meta({ description: 'How often, from 1m to 24h.', default: '1h', examples: ['15m'] }),
      }).transform(({ every = 3_600_000 }) => ({ everyMs: every })),
    ],
    { error: OTHERWISE },
  )
  .meta({
    description:
      'How often the jobs of runs that were terminated or timed out are looked for and settled; off for not at all. A schedule that is there already keeps its own time.',
  });
