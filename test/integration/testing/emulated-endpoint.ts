import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator, TestClock } from '../../../emulator/index.js';
import type { JobApiOptions, JsonValue } from '../../../job-api/index.js';
import type { ConformanceOptions } from '../../../testing/conformance/index.js';

const KEY = 'the-key';

/** How a dialect comes to the emulator's endpoints. */
export interface Way {
  readonly dialect: JobApiOptions['provider']['dialect'];
  readonly path: string;
  readonly prefix: string;
  readonly emulator: EmulatorOptions;
}

export const AS_RUNPOD: Way = { dialect: 'runpod', path: '/v2', prefix: '', emulator: {} };

/** An emulator with one endpoint that does whatever it is told to, and all that the suite can be given to check it. */
export async function startEmulatedEndpoint(
  way: Way,
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
): Promise<{
  readonly emulator: Emulator;
  readonly suite: ConformanceOptions;
}> {
  const clock = new TestClock({ running: true });
  const emulator = await startEmulator({
    ...way.emulator,
    endpoints: {
      draw: {
        handler(input, { signal }) {
          const { does } = input as { readonly does?: string };
          if (does === 'fail') throw new Error('no ink');
          if (does === 'yield') return ['a', 'b', 'c'].values() as Generator<JsonValue>;
          return sleep(does === 'last' ? 60_000 : 20, input, { signal });
        },
      },
    },
    apiKey: KEY,
    clock,
    limits: 'documented',
  });
  onTestFinished(() => emulator.close());
  const suite: ConformanceOptions = {
    provider: { name: 'emulated', dialect: way.dialect, baseUrl: `${emulator.url}${way.path}` },
    apiKey: KEY,
    endpointId: `${way.prefix}draw`,
    samples: {
      quick: { input: { text: 'a' } },
      slow: { input: { does: 'last' } },
      failing: { input: { does: 'fail' } },
      generator: { input: { does: 'yield' } },
      unattended: { input: { text: 'b' }, endpointId: `${way.prefix}nobody` },
    },
    ownsQueue: true,
    largeBodies: true,
    webhook: {},
    patienceMs: 20_000,
    passTime: async (ms) => clock.advance(ms),
  };
  return { emulator, suite };
}
