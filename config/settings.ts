/** The settings that jobrelay.yaml, a pipeline's defaults and a step write alike, and what they come to. */
import ms from 'ms';
import { z } from 'zod';
import type { Duration } from '../workflows/contract.js';
import { closedObject } from './closed-object.js';
import type { SettingsLayer } from './config.js';
import { DEFAULTS } from './defaults.js';
import { definedFields } from './defined-fields.js';
import { InvalidDuration, parseDuration, WRITTEN_DURATION } from './duration.js';

const DURATION_EXPECTED = 'must be a duration like "90s", "5m" or "1h", or milliseconds as a number';

/** A duration as people write it, in milliseconds; at most `maxMs`, 7 days where absent. */
export function durationUpTo(maxMs?: number) {
  return z
    .union([z.string().meta({ pattern: WRITTEN_DURATION.source }), z.number().meta({ exclusiveMinimum: 0 })], {
      error: DURATION_EXPECTED,
    })
    .transform(inMilliseconds(maxMs))
    .meta({ title: 'duration' });
}

/** For a `transform`: what is no duration becomes a problem of its field, and not an exception. */
export function inMilliseconds(maxMs?: number) {
  return (value: Duration, context: z.RefinementCtx): number => {
    try {
      return parseDuration(value, maxMs);
    } catch (error) {
      if (!(error instanceof InvalidDuration)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  };
}

const duration = durationUpTo();

/** Beside one another: more would rather be a sign that the endpoint is too small. */
const HEDGES_MAX = 5;
const HEDGE_EXPECTED = 'must be off, or a map with after and max';

const retries = z.int().min(0).max(100);

/** What `defaults` and an endpoint can set, and a step of a pipeline too. */
export const settingsShape = {
  timeouts: closedObject({
    queue: duration.optional().meta({
      description: 'How long a job may wait for a worker of the endpoint.',
      default: ms(DEFAULTS.timeouts.queueMs),
      examples: ['90s', '10m'],
    }),
    run: duration.optional().meta({
      description: 'How long a job may run, from when a worker took it.',
      default: ms(DEFAULTS.timeouts.runMs),
      examples: ['30s', '1h'],
    }),
    total: duration.optional().meta({
      description:
        'How long all attempts together may take. Without it the other limits and the budgets of retry bound a job.',
      examples: ['2h'],
    }),
  })
    .optional()
    .describe('Limits of time: "90s", "5m", "1.5h", "2d", or milliseconds as a number; at most 7 days.'),
  retry: closedObject({
    platform: retries.optional().meta({
      description: 'Where the platform lost the job or could not run it.',
      default: DEFAULTS.retry.platform,
    }),
    queue: retries.optional().meta({
      description: 'Where no worker took the job in time.',
      default: DEFAULTS.retry.queue,
    }),
    handler: retries.optional().meta({
      description:
        'Where the handler failed or its output was rejected: the same input mostly fails again, and is billed again.',
      default: DEFAULTS.retry.handler,
    }),
    backoff: closedObject({
      first: duration.optional().meta({
        description: 'Before the first extra job; doubled before each further one.',
        default: ms(DEFAULTS.backoff.firstMs),
        examples: ['5s'],
      }),
      max: duration.optional().meta({ description: 'The longest.', default: ms(DEFAULTS.backoff.maxMs) }),
    })
      .optional()
      .describe(
        'Pause before an extra job after a failure of the platform or the handler. Half of each is by chance, so that jobs do not come back together.',
      ),
  })
    .optional()
    .describe('Extra jobs allowed, by the kind of failure.'),
  hedge: z
    .union(
      [
        z
          .string()
          .regex(/^off$/, HEDGE_EXPECTED)
          .transform(() => 'off' as const),
        closedObject({
          after: duration.meta({
            description: 'From when a provider took the job until another is begun; time in the queue counts.',
            examples: ['30s'],
          }),
          max: z.int().min(1).max(HEDGES_MAX).optional().meta({
            description: 'Jobs that are begun so, over all attempts.',
            default: 1,
          }),
        }).transform(({ after, max = 1 }) => ({ afterMs: after, max })),
      ],
      { error: HEDGE_EXPECTED },
    )
    .optional()
    .meta({
      description:
        'A further job where one is slow, on the next endpoint of the list, or on the same where there is one. The first result wins; the others are cancelled, and billed until then.',
      default: DEFAULTS.hedge,
    }),
  onAmbiguousSubmit: z.enum(['resubmit', 'fail']).optional().meta({
    description:
      'What to do where it is not known whether a submit was accepted: submit once more, which may be billed twice and is counted, or fail the job.',
    default: DEFAULTS.onAmbiguousSubmit,
  }),
  stream: z.enum(['off', 'collect', 'events']).optional().meta({
    description:
      "Of a handler that is a generator. collect: its chunks become the job's output. events: they are kept for readers too, as they come.",
    default: DEFAULTS.stream,
  }),
};

type WrittenSettings = z.output<z.ZodObject<typeof settingsShape>>;

/** Settings as they are written, as a layer to lay over others. */
export function settingsLayer({ timeouts, retry, hedge, onAmbiguousSubmit, stream }: WrittenSettings): SettingsLayer {
  return {
    ...(timeouts && {
      timeouts: definedFields({ queueMs: timeouts.queue, runMs: timeouts.run, totalMs: timeouts.total }),
    }),
    ...(retry && { retry: retryLayer(retry) }),
    ...(hedge && { hedge }),
    ...(onAmbiguousSubmit && { onAmbiguousSubmit }),
    ...(stream && { stream }),
  };
}

function retryLayer({
  backoff,
  ...budgets
}: NonNullable<WrittenSettings['retry']>): NonNullable<SettingsLayer['retry']> {
  const layer = definedFields(budgets);
  return backoff === undefined
    ? layer
    : { ...layer, backoff: definedFields({ firstMs: backoff.first, maxMs: backoff.max }) };
}
