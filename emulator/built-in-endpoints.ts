import type { JsonObject, JsonValue } from '../job-api/json.js';
import { type Clock, sleep } from './clock.js';
import type { EndpointDefinition } from './handler.js';

/** The endpoints that every emulator has: the smallest jobs that succeed, last, fail and stream. */
export function builtInEndpoints(clock: Clock): Readonly<Record<string, EndpointDefinition>> {
  return {
    /** Returns its input. */
    echo: { handler: (input) => input },

    /** `{"ms": 500}`: returns its input after that time. */
    sleep: {
      async handler(input, { signal }) {
        await sleep(nonNegative(input, 'ms'), { clock, signal });
        return input;
      },
    },

    /** `{"message": "…"}`: raises. */
    fail: {
      handler(input) {
        throw new Error(String(field(input, 'message') ?? 'failed, as asked'));
      },
    },

    /** `{"to": 5, "everyMs": 100}`: a generator that yields 1…5. */
    count: {
      async *handler(input, { signal }) {
        const to = nonNegative(input, 'to');
        const everyMs = field(input, 'everyMs') === undefined ? 0 : nonNegative(input, 'everyMs');
        for (let value = 1; value <= to; value += 1) {
          if (everyMs > 0) await sleep(everyMs, { clock, signal });
          yield value;
        }
      },
    },
  };
}

function field(input: JsonValue, name: string): JsonValue | undefined {
  return typeof input === 'object' && input !== null ? (input as JsonObject)[name] : undefined;
}

function nonNegative(input: JsonValue, name: string): number {
  const value = field(input, name);
  if (typeof value !== 'number' || !(value >= 0)) throw new TypeError(`input.${name} must be a number of at least 0`);
  return value;
}
