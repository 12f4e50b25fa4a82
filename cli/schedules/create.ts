import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ScheduleInput } from '../../client/schedules/schedule.js';
import { OVERLAPS } from '../../client/schedules/schedule.js';
import { type Config, formatPath, type Problem, problem } from '../../config/index.js';
import type { JsonObject } from '../../job-api/json.js';
import type { PipelineInput, PipelineStart } from '../../workflows/contract.js';
import { type BudgetOptions, budgetOf } from '../budget-options.js';
import type { Act } from '../command.js';
import { addJobOptions, type JobOptions, jobInput } from '../commands/job.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { givenPipeline } from '../given-pipeline.js';
import { loadDefinition } from '../load-definition.js';
import { readInput } from '../read-input.js';
import type { Session } from '../session.js';
import { problemsOfJob, problemsOfPipeline, type WorkProblems } from './check-work.js';
import { describeSchedule } from './describe.js';

interface CreateOptions extends JobOptions {
  readonly cron?: readonly string[];
  readonly timezone?: string;
  readonly every?: string;
  readonly offset?: string;
  readonly job?: readonly string[];
  readonly pipeline?: string;
  readonly input?: string;
  readonly jitter?: string;
  readonly overlap?: string;
  readonly catchUpWindow?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxRuns?: number;
  readonly pauseOnFailure?: boolean;
  readonly paused?: boolean;
  readonly note?: string;
  readonly summary?: string;
  /** False for `--no-check`. */
  readonly check: boolean;
}

const EXAMPLE = `
Example:
  jobrelay schedule create nightly --cron '30 3 * * *' --timezone Europe/Berlin --pipeline captions.yaml
  jobrelay schedule create warm --every 10m --jitter 30s --job sdxl --input '{"prompt": "a red boat"}'

A pipeline by name is looked up by each run as it starts, so that a change of its file reaches the next run.
What is said of a job (--timeout-… to --stream; not --tenant, --budget-…) goes with --job alone: a pipeline says it itself.
A cron time must match both its day of the month and its day of the week.`;

/** `jobrelay schedule create`: one schedule, from options. */
export function addCreate(schedule: Command, act: Act): void {
  const command = schedule
    .command('create')
    .description('make a schedule that runs a job or a pipeline')
    .argument('<id>', 'the name that it goes by')
    .option('--cron <expression>', 'five fields, or @daily and the like; may be repeated', collect)
    .option('--timezone <name>', 'of --cron, as Europe/Berlin (default: UTC)')
    .option('--every <duration>', 'in the place of --cron: 1h is every full hour, UTC')
    .option('--offset <duration>', 'later than --every says')
    .option(
      '--pipeline <pipeline>',
      "file of the definition, kept as it is now; or, where there is no such file, its name in the worker's folder",
    )
    .option('--job <endpoint>', 'in its place, one job on this endpoint; of several, tried in this order', collect)
    .option('--input <json>', 'the input: JSON, @file, or - for stdin (default, for a pipeline: {})')
    .option('--jitter <duration>', 'start each run later, by a random time of up to this (default: none)')
    .addOption(
      new Option('--overlap <policy>', 'where the run before has not ended (default: skip)').choices([...OVERLAPS]),
    )
    .option('--catch-up-window <duration>', 'how late a run may start when Temporal was down (default: 1h)')
    .option('--start-at <time>', 'no run is due before, as 2026-01-31T09:00:00+01:00')
    .option('--end-at <time>', 'no run is due after')
    .option('--max-runs <n>', 'so many runs by the clock (default: no end)', count)
    .option('--pause-on-failure', 'pause the schedule when a run fails')
    .option('--paused', 'make it paused')
    .option('--note <text>', 'what it is for')
    .option('--summary <text>', 'shown beside each run in the Temporal UI (default: endpoint, or name of the pipeline)')
    .option('--no-check', "leave the check to the worker, whose configuration is not this machine's");
  addJobOptions(command)
    .addHelpText('after', EXAMPLE)
    .action((id: string, options: CreateOptions, action) => act(action, (session) => create(id, options, session)));
}

async function create(id: string, options: CreateOptions, session: Session): Promise<number> {
  const input = { ...settingsOf(options), ...(await workOf(options, session)) } as ScheduleInput;
  const opened = await session.openClient(await session.openStore());
  try {
    const description = await opened.client.schedules.create(id, input);
    if (description.next.length === 0) session.output.note('It is never due: check its times.');
    session.output.result(description, describeSchedule(description));
    return EXIT_CODES.ok.code;
  } finally {
    await opened.close();
  }
}

/** What was given, as it was given: the client checks it. */
function settingsOf(options: CreateOptions): object {
  const { cron, timezone, every, offset, jitter, overlap, catchUpWindow, startAt, endAt, maxRuns } = options;
  const { pauseOnFailure, paused, note, summary } = options;
  const timing = { cron, timezone, every, offset, jitter, overlap, catchUpWindow, startAt, endAt, maxRuns };
  const given = { ...timing, pauseOnFailure, paused, note, summary };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function workOf(options: CreateOptions, session: Session): Promise<object> {
  const { job, pipeline } = options;
  if ((job === undefined) === (pipeline === undefined)) {
    throw new InputError('say what runs: either --pipeline FILE or NAME, or --job ENDPOINT with --input');
  }
  const input = options.input === undefined ? undefined : await readInput(options.input, session.process);
  const config = options.check ? await session.loadConfig() : undefined;
  if (job !== undefined) {
    if (input === undefined) throw new InputError('--job needs --input, an object: JSON, @file, or - for stdin');
    const work = jobInput(job, input, options);
    if (config) refuse(await problemsOfJob(work as unknown as JsonObject, config));
    return { job: work };
  }
  refuseJobOptions(options);
  const { tenant } = options;
  const rest = {
    ...(input !== undefined && { input }),
    ...(tenant !== undefined && { tenant }),
    ...budgetOf(options),
  };
  return { pipeline: await pipelineWork(pipeline ?? '', rest, config) };
}

/** What a pipeline says for each of its jobs. */
const OPTIONS_OF_JOB: Readonly<Record<Exclude<keyof JobOptions, 'tenant' | keyof BudgetOptions>, string>> = {
  timeoutQueue: '--timeout-queue',
  timeoutRun: '--timeout-run',
  timeoutTotal: '--timeout-total',
  retryPlatform: '--retry-platform',
  retryQueue: '--retry-queue',
  retryHandler: '--retry-handler',
  hedgeAfter: '--hedge-after',
  hedgeMax: '--hedge-max',
  lowPriority: '--low-priority',
  model: '--model',
  onAmbiguousSubmit: '--on-ambiguous-submit',
  stream: '--stream',
};

/** @throws {InputError} where one would be without effect */
function refuseJobOptions(options: CreateOptions): void {
  const given = Object.entries(OPTIONS_OF_JOB).filter(
    ([name]) => options[name as keyof typeof OPTIONS_OF_JOB] !== undefined,
  );
  if (given.length === 0) return;
  const flags = given.map(([, flag]) => flag).join(', ');
  throw new InputError(
    `${flags} ${given.length === 1 ? 'goes' : 'go'} with --job: a pipeline says it in its definition, of a step or of all in "defaults"`,
  );
}

/** A name stays a name: each run looks it up. */
async function pipelineWork(given: string, rest: PipelineStart, config: Config | undefined): Promise<PipelineInput> {
  const what = await givenPipeline(given);
  if (what.kind === 'name') {
    const work = { pipeline: what.name, ...rest };
    if (config) refuse(await problemsOfPipeline(work, config));
    return work;
  }
  const { definition, source } = await loadDefinition(what.file, undefined);
  const work = { definition, ...rest };
  if (config) refuse(await problemsOfPipeline(work, config), ({ path, message }) => problem(source, path, message));
  return work;
}

/** @throws {InputError} with all of them. */
function refuse({ definition, input }: WorkProblems, place: (problem: Problem) => string = describe): void {
  const lines = [...definition.map(place), ...input.map(describe)];
  if (lines.length > 0) throw new InputError(lines.join('\n'));
}

function describe({ path, message }: Problem): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function count(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('give a number from 1 on');
}
