import { Option } from 'commander';
import type { Surface } from '../../emulator/index.js';
import type { AddCommand } from '../command.js';
import { loadHandlers } from '../handlers-module.js';
import { port, surface } from '../option-types.js';
import { serve } from '../serve.js';
import { addEmulatorWorkerEnv } from './emulator-worker-env.js';

interface EmulatorCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly apiKey?: string;
  readonly handlers?: string;
  readonly surface: Partial<Record<Surface, string>>;
  readonly submodelEnvelope?: boolean;
  readonly submodelLowerCase?: boolean;
  readonly testClock?: boolean;
  readonly limits: boolean;
}

const EXAMPLE = `
Example:
  jobrelay emulator --port 8080 --handlers ./handlers.js
  curl -H 'Authorization: Bearer any' -d '{"input": {"n": 1}}' http://127.0.0.1:8080/v2/echo/runsync

It speaks RunPod's dialect below /v2, SubModel's below /v1/sl and the gateway's below /v1/runpod.

A handlers module exports \`endpoints\`: { "draw": { handler: async (input, { progress, signal }) => … , workers: 3 } }`;

/** `jobrelay emulator`: the local job API alone. */
export const addEmulator: AddCommand = (program, act) => {
  const emulator = program
    .command('emulator')
    .description('serve a local job API with the endpoints echo, sleep, fail, count, and your own handlers')
    .option('--port <port>', 'port to listen on; 0 takes any free one', port, 8080)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--api-key <key>', 'the only key to accept (default: any)')
    .option('--handlers <file>', 'module with endpoints of your own')
    .option('--no-limits', 'let everybody ask as much as they like (default: as much as the providers document)')
    .addOption(
      new Option('--surface <name=endpoint>', 'the endpoint of a surface of the gateway (repeatable)')
        .argParser(surface)
        .default({}, 'none'),
    )
    .option('--submodel-envelope', 'answer SubModel requests as { code, message, data }')
    .option('--submodel-lower-case', 'write the statuses of SubModel answers in lower case')
    .option('--test-clock', 'a clock that POST /_emulator/clock moves ahead')
    .addHelpText('after', EXAMPLE)
    .action((options: EmulatorCommandOptions, command) =>
      act(command, (session) =>
        serve(async () => {
          const { output, process } = session;
          const endpoints = options.handlers === undefined ? {} : await loadHandlers(options.handlers, process.cwd);
          const { startEmulator, TestClock } = await import('../../emulator/index.js');
          const emulator = await startEmulator({
            port: options.port,
            host: options.host,
            endpoints,
            log: output.log,
            limits: options.limits ? 'documented' : 'none',
            gateway: { surfaces: options.surface },
            submodel: {
              enveloped: options.submodelEnvelope ?? false,
              lowerCaseStatuses: options.submodelLowerCase ?? false,
            },
            ...(options.testClock && { clock: new TestClock({ running: true }) }),
            ...(options.apiKey !== undefined && { apiKey: options.apiKey }),
          });
          output.result({ ready: true, emulator: emulator.url }, `Emulator at ${emulator.url}`);
          return { stop: () => emulator.close() };
        }, session),
      ),
    );
  addEmulatorWorkerEnv(emulator, act);
};
