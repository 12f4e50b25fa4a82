import type { AddCommand } from '../command.js';
import { loadHandlers } from '../handlers-module.js';
import { port } from '../option-types.js';
import { serve } from '../serve.js';

interface DevCommandOptions {
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly emulatorPort: number;
  readonly handlers?: string;
  readonly limits: boolean;
}

const EXAMPLE = `
Example:
  jobrelay dev --handlers ./handlers.js
  jobrelay job local/echo --input '{"prompt": "a red boat"}'        (in another terminal)

With --json it prints one line when all are ready:
  {"ready":true,"temporal":"127.0.0.1:7233","ui":"http://127.0.0.1:8233","emulator":"http://127.0.0.1:8080"}`;

/** `jobrelay dev`: Temporal, the emulator and a worker in one go. */
export const addDev: AddCommand = (program, act) => {
  program
    .command('dev')
    .description("start the whole stack on this machine: Temporal's dev server, an emulated job API and a worker")
    .option('--temporal-port <port>', 'port of Temporal; 0, here and below, takes any free one', port, 7233)
    .option('--ui-port <port>', "port of Temporal's web UI", port, 8233)
    .option('--emulator-port <port>', 'port of the emulator', port, 8080)
    .option('--handlers <file>', 'module with endpoints of your own for the emulator')
    .option('--no-limits', 'let the emulator be asked as much as anybody likes (default: as much as RunPod documents)')
    .addHelpText('after', EXAMPLE)
    .action((options: DevCommandOptions, command) =>
      act(command, (session) =>
        serve(async (signal) => {
          const { output, process, stateDir, configFile, taskQueue } = session;
          const { temporalPort, uiPort, emulatorPort, handlers } = options;
          const endpoints = handlers === undefined ? {} : await loadHandlers(handlers, process.cwd);
          const { startStack } = await import('../../embedded/index.js');
          const { temporal, ui, emulator, webhooks, ended, stop } = await startStack({
            ...{ stateDir, taskQueue, temporalPort, uiPort, emulatorPort, endpoints, signal },
            ...{ env: process.env, cwd: process.cwd, log: output.log },
            emulatorLimits: options.limits ? 'documented' : 'none',
            ...(configFile !== undefined && { configFile }),
          });
          output.result(
            { ready: true, temporal, ui, emulator, ...(webhooks !== undefined && { webhooks }) },
            [
              `Temporal  ${temporal}`,
              `Web UI    ${ui}`,
              `Emulator  ${emulator}`,
              ...(webhooks === undefined ? [] : [`Webhooks  ${webhooks}`]),
              `State     ${stateDir}`,
              `Try:      jobrelay job local/echo --input '{"prompt": "a red boat"}'`,
              'Ctrl-C ends all of it.',
            ].join('\n'),
          );
          return { done: ended, stop };
        }, session),
      ),
    );
};
