import { Option } from 'commander';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { addBudgetOptions, type BudgetOptions, budgetOf } from '../budget-options.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { givenPipeline } from '../given-pipeline.js';
import { loadDefinition } from '../load-definition.js';
import { followedStep } from '../option-types.js';
import type { Followed } from '../print-stream.js';
import { readInput } from '../read-input.js';
import type { Session } from '../session.js';
import { type StartCommandOptions, startAndReport } from '../start-and-report.js';
import { embeddedOption } from '../with-temporal.js';

interface RunCommandOptions extends StartCommandOptions, BudgetOptions {
  readonly input?: string;
  readonly tenant?: string;
  /** False for `--no-check`. */
  readonly check: boolean;
  /** True without the name of a step. */
  readonly follow?: true | Followed;
}

const EXAMPLE = `
Example:
  jobrelay run captions.yaml --input '{"titles": ["a red boat"]}' --out results
  jobrelay run captions.yaml --input @input.json --key order-17 --detach
  jobrelay run captions --input @input.json
  jobrelay run story.yaml --follow write
  jobrelay run book.yaml --follow 'chapters[2].write'

A name without ending and folder is looked up, and its definition checked, by the worker: see "pipelines" in jobrelay.yaml.
Ctrl-C cancels the run and waits until its remote jobs are settled; a second one leaves at once.`;

/** `jobrelay run`: one pipeline, followed to its end. */
export const addRun: AddCommand = (program, act) => {
  const command = program
    .command('run')
    .description('check a pipeline, run it with progress, and print its output')
    .argument(
      '<pipeline>',
      "file of the definition, YAML or JSON; or, where there is no such file, its name in the worker's folder",
    )
    .option('--input <json>', 'the input: JSON, @file, or - for stdin (default: {})')
    .option('--tenant <name>', 'whose run it is: runs are found by it');
  addBudgetOptions(command)
    .option('--no-check', "leave the check to the worker, whose configuration is not this machine's")
    .option('--key <key>', 'business key: a second start with it follows the first run')
    .option('--detach', 'print the workflow id and leave')
    .addOption(new Option('--out <dir>', 'write output.json and the files of the output there').conflicts('detach'))
    .addOption(
      new Option(
        '--follow [step]',
        'print what the handler of a step with "stream: events" yields as it comes, before the output; of a forEach, step[3]; of a nested pipeline, step.step',
      )
        .argParser(followedStep)
        .conflicts('detach'),
    )
    .addOption(embeddedOption())
    .addHelpText('after', EXAMPLE)
    .action((given: string, options: RunCommandOptions, command) =>
      act(command, async (session) => {
        const what = await pipelineOf(given, options, session);
        const input = options.input === undefined ? undefined : await readInput(options.input, session.process);
        const pipeline = {
          ...what,
          ...(input !== undefined && { input }),
          ...(options.tenant !== undefined && { tenant: options.tenant }),
          ...budgetOf(options),
        };
        const followed = options.follow === true ? onlyStream(what) : options.follow;
        return startAndReport(
          session,
          options,
          (client, startOptions) => client.start('pipeline', pipeline, startOptions),
          followed ? { followed } : {},
        );
      }),
    );
};

/**
 * The step that keeps its stream, where there is one and no choice.
 *
 * @throws {InputError}
 */
function onlyStream(what: { readonly pipeline: string } | { readonly definition: JsonObject }): Followed {
  const definition = 'definition' in what ? what.definition : undefined;
  const streams = keptStreams(definition);
  const [step] = streams;
  if (step !== undefined && streams.length === 1 && !step.includes(ITEM)) return { step };
  const why =
    step === undefined
      ? 'the definition has no step with "stream: events"'
      : `${streams.join(', ')} ${streams.length === 1 ? 'is' : 'are'} there`;
  throw new InputError(
    `--follow: name the step whose stream to print (${definition ? why : 'its definition is not read here'})`,
  );
}

/** Stands for the item that has to be named. */
const ITEM = '[N]';

/** Paths of the steps that keep their streams, also in pipelines that stand in the definition itself. */
function keptStreams(definition: JsonValue | undefined, around = ''): readonly string[] {
  const { steps } = Object(definition) as { readonly steps?: Readonly<Record<string, JsonObject>> };
  return Object.entries(Object(steps) as Readonly<Record<string, JsonObject>>).flatMap(([name, step]) => {
    const path = `${around}${name}${step.forEach === undefined ? '' : ITEM}`;
    return [...(step.stream === 'events' ? [path] : []), ...keptStreams(step.pipeline, `${path}.`)];
  });
}

/** Only a file is checked here: what a name stands for is the worker's to say. */
async function pipelineOf(
  given: string,
  { check }: RunCommandOptions,
  session: Session,
): Promise<{ readonly pipeline: string } | { readonly definition: JsonObject }> {
  const pipeline = await givenPipeline(given);
  if (pipeline.kind === 'name') return { pipeline: pipeline.name };
  const { definition } = await loadDefinition(pipeline.file, check ? await session.loadConfig() : undefined);
  return { definition };
}
