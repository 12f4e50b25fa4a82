import { type Command, Option } from 'commander';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import type { JobInput, StreamMode } from '../../workflows/contract.js';
import { addBudgetOptions, type BudgetOptions, budgetOf } from '../budget-options.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { duration, hedges, retries } from '../option-types.js';
import { readInput } from '../read-input.js';
import { type StartCommandOptions, startAndReport } from '../start-and-report.js';
import { embeddedOption } from '../with-temporal.js';

/** See {@link addJobOptions}. */
export interface JobOptions extends BudgetOptions {
  readonly timeoutQueue?: number;
  readonly timeoutRun?: number;
  readonly timeoutTotal?: number;
  readonly retryPlatform?: number;
  readonly retryQueue?: number;
  readonly retryHandler?: number;
  readonly hedgeAfter?: number;
  readonly hedgeMax?: number;
  readonly tenant?: string;
  readonly lowPriority?: boolean;
  readonly model?: string;
  readonly onAmbiguousSubmit?: 'resubmit' | 'fail';
  readonly stream?: StreamMode;
}

interface JobCommandOptions extends StartCommandOptions, JobOptions {
  readonly input: string;
  readonly follow?: boolean;
}

const EXAMPLE = `
Example:
  jobrelay job local/echo --input '{"prompt": "a red boat"}'
  jobrelay job llm --input '{"prompt": "a poem on boats"}' --follow
  jobrelay job sdxl runpod/abc123 --input @prompt.json --timeout-run 2m --out results
  RUNPOD_API_KEY=… jobrelay job runpod/abc123 --input @prompt.json --embedded        (no file, and no server before)`;

/** `jobrelay job`: one job, followed to its end. */
export const addJob: AddCommand = (program, act) => {
  const command = program
    .command('job')
    .description('run one job and print its output')
    .argument('<endpoint...>', 'an alias of jobrelay.yaml or provider/endpointId; of several, tried in this order')
    .requiredOption('--input <json>', 'the input: JSON, @file, or - for stdin');
  addJobOptions(command)
    .option('--key <key>', 'business key: a second start with it follows the first run')
    .option('--detach', 'print the workflow id and leave')
    .addOption(new Option('--out <dir>', 'write output.json and the files of the output there').conflicts('detach'))
    .addOption(
      new Option('--follow', 'print what the handler yields as it comes, in the place of the output').conflicts(
        'detach',
      ),
    )
    .addOption(embeddedOption())
    .addHelpText('after', EXAMPLE)
    .action((endpoints: string[], options: JobCommandOptions, command) =>
      act(command, async (session) => {
        const asked = options.follow ? { ...options, stream: followedMode(options.stream) } : options;
        const input = jobInput(endpoints, await readInput(options.input, session.process), asked);
        return startAndReport(
          session,
          options,
          (client, startOptions) => client.start('job', input, startOptions),
          options.follow ? { followed: { step: 'job' }, isOutput: true } : {},
        );
      }),
    );
};

/** How a job is run, wherever one is asked for. */
export function addJobOptions(command: Command): Command {
  return addBudgetOptions(command)
    .option(
      '--timeout-queue <duration>',
      'from the submit until a worker takes the job (default: as configured, else 5m)',
      duration,
    )
    .option('--timeout-run <duration>', 'from then until it ends (default: as configured, else 10m)', duration)
    .option('--timeout-total <duration>', 'over all attempts (default: none)', duration)
    .option('--retry-platform <n>', 'extra jobs where the platform lost one (default: as configured, else 3)', retries)
    .option('--retry-queue <n>', 'extra jobs where one was not taken in time (default: as configured, else 1)', retries)
    .option('--retry-handler <n>', 'extra jobs where the handler failed (default: as configured, else 0)', retries)
    .option(
      '--hedge-after <duration>',
      'where a job is slow, begin another after this time; the first result wins, both are billed (default: as configured, else off)',
      duration,
    )
    .option('--hedge-max <n>', 'jobs that are begun so (default: 1)', hedges)
    .option('--tenant <name>', 'whose job it is: runs are found by it')
    .option('--low-priority', 'do not make the endpoint scale up for it')
    .option('--model <name>', 'for gateways that choose the endpoint by model')
    .addOption(
      new Option(
        '--on-ambiguous-submit <what>',
        'where it is not known whether a submit was accepted (default: resubmit)',
      ).choices(['resubmit', 'fail']),
    )
    .addOption(
      new Option(
        '--stream <what>',
        'of a generator: collect its chunks as the output, or keep them for readers too, as events (default: as configured, else off)',
      ).choices(['off', 'collect', 'events']),
    );
}

/** @throws {InputError} */
function followedMode(stream: StreamMode = 'events'): StreamMode {
  if (stream === 'events') return stream;
  throw new InputError(`--follow reads a stream that is kept for readers: leave out --stream ${stream}, or say events`);
}

/** The workflow's input for what was asked on the command line. Options that were not given stay out, for the defaults. */
export function jobInput(endpoints: readonly string[], input: JsonValue, options: JobOptions): JobInput {
  const timeouts = given({ queue: options.timeoutQueue, run: options.timeoutRun, total: options.timeoutTotal });
  const retry = given({ platform: options.retryPlatform, queue: options.retryQueue, handler: options.retryHandler });
  const [first] = endpoints;
  return {
    endpoint: endpoints.length === 1 && first !== undefined ? first : endpoints,
    input: asObject(input),
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...budgetOf(options),
    ...(timeouts && { timeouts }),
    ...(retry && { retry }),
    ...hedgeOf(options),
    ...(options.lowPriority && { policy: { lowPriority: true } }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.onAmbiguousSubmit && { onAmbiguousSubmit: options.onAmbiguousSubmit }),
    ...(options.stream && { stream: options.stream }),
  };
}

/** @throws {InputError} */
function hedgeOf({ hedgeAfter: after, hedgeMax: max }: JobOptions): Pick<JobInput, 'hedge'> {
  if (after !== undefined) return { hedge: { after, ...(max !== undefined && { max }) } };
  if (max === undefined) return {};
  throw new InputError('--hedge-max says how many: give --hedge-after too, the time after which a job is slow');
}

function asObject(input: JsonValue): JsonObject {
  if (input !== null && typeof input === 'object' && !Array.isArray(input)) return input as JsonObject;
  const kind = input === null ? 'null' : Array.isArray(input) ? 'an array' : `a ${typeof input}`;
  throw new InputError(
    `--input is ${kind}, and the input of a job is an object, for instance {"prompt": "a red boat"}`,
  );
}

/** The fields that have a value; undefined where none has. */
function given<K extends string>(
  fields: Readonly<Record<K, number | undefined>>,
): Partial<Record<K, number>> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<Record<K, number>>);
}
