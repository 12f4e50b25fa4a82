import { loadDefinition } from '../load-definition.js';
import type { AddCommand } from '../program.js';
import { readInput } from '../read-input.js';
import { type StartCommandOptions, startAndReport } from '../start-and-report.js';
import { embeddedOption } from '../with-temporal.js';

interface RunCommandOptions extends StartCommandOptions {
  readonly input?: string;
  /** False for `--no-check`. */
  readonly check: boolean;
}

const EXAMPLE = `
Example:
  jobrelay run captions.yaml --input '{"titles": ["a red boat"]}' --out results
  jobrelay run captions.yaml --input @input.json --key order-17 --detach

Ctrl-C cancels the run and waits until its remote jobs are settled; a second one leaves at once.`;

/** `jobrelay run`: one pipeline, followed to its end. */
export const addRun: AddCommand = (program, act) => {
  program
    .command('run')
    .description('check a pipeline, run it with progress, and print its output')
    .argument('<file>', 'the definition, YAML or JSON')
    .option('--input <json>', 'the input: JSON, @file, or - for stdin (default: {})')
    .option('--no-check', "leave the check to the worker, whose configuration is not this machine's")
    .option('--key <key>', 'business key: a second start with it follows the first run')
    .option('--detach', 'print the workflow id and leave')
    .option('--out <dir>', 'write output.json and the files of the output there')
    .addOption(embeddedOption())
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: RunCommandOptions, command) =>
      act(command, async (session) => {
        const config = options.check ? await session.loadConfig() : undefined;
        const { definition } = await loadDefinition(file, config);
        const input = options.input === undefined ? undefined : await readInput(options.input, session.process);
        const pipeline = { definition, ...(input !== undefined && { input }) };
        return startAndReport(session, options, (client, startOptions) =>
          client.start('pipeline', pipeline, startOptions),
        );
      }),
    );
};
