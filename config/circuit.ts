/** When an endpoint is left alone for a while, as `jobrelay.yaml` says it, and what that comes to. */
import ms from 'ms';
import { z } from 'zod';
import type { CircuitSettings } from '../job-api/circuits/circuit-state.js';
import { closedObject } from './closed-object.js';
import type { Config } from './config.js';
import { definedFields } from './defined-fields.js';
import { durationUpTo } from './settings.js';
import { isEndpointOf } from './target.js';

/**
 * Five of ten is no accident, and five seconds is soon enough to look again: a submit that has nowhere else to go waits
 * for that.
 */
export const DEFAULT_CIRCUIT = {
  failures: 5,
  windowMs: 60_000,
  openMs: 5_000,
  maxOpenMs: 30_000,
} as const satisfies CircuitSettings;

const OTHERWISE = 'must be off, or a map with failures, window, open and maxOpen';
const duration = durationUpTo(ms('1h'));

export const circuitSchema = z
  .union(
    [
      z
        .string()
        .regex(/^off$/, OTHERWISE)
        .transform(() => 'off' as const),
      closedObject({
        failures: z.int().min(1).max(20).optional().meta({
          description:
            'So many submits without an answer, or jobs that the platform lost or could not run, where they are at least half of the last 20.',
          default: DEFAULT_CIRCUIT.failures,
        }),
        window: duration.optional().meta({
          description: 'What is older is forgotten.',
          default: ms(DEFAULT_CIRCUIT.windowMs),
        }),
        open: duration.optional().meta({
          description: 'For how long, the first time; doubled each time that it did not help. Half of it is by chance.',
          default: ms(DEFAULT_CIRCUIT.openMs),
        }),
        maxOpen: duration.optional().meta({ description: 'The longest.', default: ms(DEFAULT_CIRCUIT.maxOpenMs) }),
      }).transform(({ failures, window, open, maxOpen }) =>
        definedFields({ failures, windowMs: window, openMs: open, maxOpenMs: maxOpen }),
      ),
    ],
    { error: OTHERWISE },
  )
  .meta({
    description:
      'Leaves an endpoint alone for a while that answers no submits, loses jobs or has no worker that could start: jobs go to the next of their list, or wait. off: never.',
  });

/** Undefined where the endpoint is never left alone. Of several aliases with it, the first that says so decides. */
export function circuitOf(
  { endpoints }: Pick<Config, 'endpoints'>,
  provider: string,
  endpointId: string,
): CircuitSettings | undefined {
  const given = Object.values(endpoints).find(
    ({ use, circuit }) =>
      circuit !== undefined &&
      use.some((target) => target.provider === provider && isEndpointOf(target.endpointId, endpointId)),
  )?.circuit;
  return given === 'off' ? undefined : { ...DEFAULT_CIRCUIT, ...given };
}
