import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { quotePosix } from '../quote-posix.js';

interface WorkerEnvOptions {
  readonly url?: string;
  readonly worker?: string;
  readonly key?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

const EXAMPLE = `
Example:
  eval "$(jobrelay emulator worker-env draw)"
  python3 handler.py                     (in the same shell; then: jobrelay job local/draw --input …)`;

/** `jobrelay emulator worker-env`: what makes a handler for RunPod's Python package a worker of the emulator. */
export const addEmulatorWorkerEnv: AddCommand = (emulator, act) => {
  emulator
    .command('worker-env')
    .description(
      "print what a shell sets for a handler of RunPod's Python package to serve an endpoint of the emulator",
    )
    .argument('<endpoint>', 'id of the endpoint, as in local/<endpoint>; any')
    .option('--url <url>', `where the emulator is (default: JOBRELAY_EMULATOR_URL, else ${DEFAULT_URL})`)
    .option('--worker <id>', 'id of the worker; each process needs one of its own (default: random)')
    .option('--key <key>', 'the key of the emulator, where it has one (its --api-key)')
    .addHelpText('after', EXAMPLE)
    .action((endpoint: string, options: WorkerEnvOptions, command) =>
      act(command, async ({ output, process }) => {
        const { workerEnvironment } = await import('../../emulator/index.js');
        const variables = workerEnvironment({
          url: emulatorUrl(options.url ?? (process.env.JOBRELAY_EMULATOR_URL || DEFAULT_URL)),
          endpointId: endpointId(endpoint),
          ...(options.worker !== undefined && { workerId: options.worker }),
          ...(options.key !== undefined && { key: options.key }),
        });
        const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quotePosix(value)}`);
        output.result(variables, lines.join('\n'));
        return EXIT_CODES.ok.code;
      }),
    );
};

/** @throws {InputError} */
function emulatorUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InputError(`${JSON.stringify(text)} is no URL of an emulator: give one such as ${DEFAULT_URL}`);
}

/** @throws {InputError} */
function endpointId(text: string): string {
  const id = text.replace(/^local\//, '');
  if (id !== '' && !id.includes('/')) return id;
  throw new InputError(
    `${JSON.stringify(text)} is no endpoint of the emulator: give its id, such as draw or local/draw`,
  );
}
