/** The name under which a submit is known to the handler: a field of the job's input. */
import { z } from 'zod';
import type { Target } from '../workflows/plan.js';
import { closedObject } from './closed-object.js';
import type { Config, CorrelationConfig } from './config.js';

export const correlationSchema = closedObject({
  field: z
    .string()
    // A name with a $ would be read as a reference to a file or a secret.
    .regex(/^[A-Za-z_][\w-]{0,99}$/, 'must be the name of a field: a letter or _, then letters, digits, _ and -')
    .meta({ description: 'The field of the input, in the place of one that is there.', examples: ['jobrelay_key'] }),
});

/** That of the alias by which a run names the endpoint. One that was removed since has none. */
export function correlationOf(
  { endpoints }: Pick<Config, 'endpoints'>,
  { endpoint }: Pick<Target, 'endpoint'>,
): CorrelationConfig | undefined {
  return Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint]?.correlation : undefined;
}
