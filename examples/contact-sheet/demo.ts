/**
 * `npm run demo`: starts the whole stack on free ports, runs the sample pipeline on pictures, saves the contact sheet and
 * ends all of it.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import sharp from 'sharp';
import { parse } from 'yaml';
import { describeSettlement, describeUsage } from '../../cli/describe-run.js';
import { EXIT_CODES } from '../../cli/exit-codes.js';
import { onInterrupt } from '../../cli/interrupt.js';
import { createProgressView } from '../../cli/progress-view.js';
import { describeError } from '../../cli/report-error.js';
import {
  type ArtifactRef,
  createClient,
  type JobRelayClient,
  type PipelineResult,
  type Progress,
  type Run,
  RunCancelled,
} from '../../client/index.js';
import { type Stack, startStack } from '../../embedded/stack.js';
import { endpoints } from './handlers.js';
import { packageRoot } from './package-root.js';
import { type Picture, readPictures } from './read-pictures.js';

/** What the pipeline's `input` allows. */
const MAX_PICTURES = 40;
const MAX_BEST = 24;

interface DemoOptions {
  readonly images?: string;
  readonly out: string;
  readonly best: number;
  readonly keep?: true;
}

/** What the pipeline's `output` is made of. */
interface ContactSheet {
  readonly sheet: string | { readonly $artifact: ArtifactRef };
  readonly best: readonly { readonly title: string; readonly score: number }[];
}

const sample = join(packageRoot(), 'examples/contact-sheet');
// npm runs scripts in the package's folder, and says where it was called.
const calledFrom = process.env.INIT_CWD ?? process.cwd();

/** The standard output carries the results alone. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

async function demo({ images, out, best, keep }: DemoOptions): Promise<number> {
  const folder = images === undefined ? join(sample, 'pictures') : resolve(calledFrom, images);
  const pictures = await readPictures(folder, { limit: MAX_PICTURES, log: say });

  let run: Run<PipelineResult> | undefined;
  const leave = new AbortController();
  const interrupt = onInterrupt({
    signals: process,
    now: () => performance.now(),
    leave: (code) => process.exit(code),
    first() {
      say(`Stopping${run ? ': the run settles its jobs first' : ''}. Ctrl-C again leaves at once.`);
      leave.abort();
      run?.cancel().catch((error: unknown) => say(describeError(error, false)));
    },
  });
  let log = say;
  let logFile: WriteStream | undefined;
  let stack: Stack | undefined;
  let client: JobRelayClient | undefined;
  try {
    say('Starting Temporal, the emulator and a worker ...');
    const stateDir = resolve(calledFrom, '.jobrelay/demo/state');
    stack = await startStack({
      stateDir,
      temporalPort: 0,
      uiPort: 0,
      emulatorPort: 0,
      endpoints,
      // A jobrelay.yaml of the user's has no say here.
      cwd: sample,
      env: { ...process.env, JOBRELAY_CONFIG: '' },
      log: (line) => log(line),
      signal: leave.signal,
    });
    // From here on its log would run through the progress.
    logFile = createWriteStream(join(stateDir, 'stack.log'));
    log = (line) => void logFile?.write(`${line}\n`);
    client = await createClient({
      address: stack.temporal,
      namespace: 'default',
      artifacts: { path: join(stateDir, 'artifacts') },
    });
    run = await startPipeline(client, pictures, best);
    // The signal may have come while the start was on its way.
    if (leave.signal.aborted) await run.cancel();
    const link = `${stack.ui}/namespaces/default/workflows/${encodeURIComponent(run.workflowId)}/${run.runId}/history`;
    say(`The run in Temporal's UI: ${link}`);
    const { result, progress } = await Promise.race([follow(run), failedWith(stack)]);
    const file = await saveSheet(client, result, resolve(calledFrom, out));
    report({ file, link, result, progress });
    run = undefined;
    if (keep) {
      say(`The stack stays up until Ctrl-C: Temporal at ${stack.temporal}, the job API at ${stack.emulator}`);
      if (!leave.signal.aborted) await Promise.race([once(leave.signal, 'abort'), failedWith(stack)]);
    } else {
      say('The stack goes down now; npm run demo -- --keep leaves it up, to look at the run in the UI.');
    }
    return EXIT_CODES.ok.code;
  } catch (error) {
    const stopped = error instanceof RunCancelled || run === undefined;
    if (interrupt.exitCode === undefined || !stopped) throw error;
    if (error instanceof RunCancelled && error.settlement) say(describeSettlement(error.settlement));
    return interrupt.exitCode;
  } finally {
    await client?.close();
    await stack?.stop();
    logFile?.end();
    interrupt.dispose();
  }
}

/** Rejects where a part of the stack ends unasked: the run would be waited for in vain. */
async function failedWith(stack: Stack): Promise<never> {
  await stack.ended;
  throw new Error('the stack was stopped');
}

async function startPipeline(
  client: JobRelayClient,
  pictures: readonly Picture[],
  keep: number,
): Promise<Run<PipelineResult>> {
  const definition = parse(await readFile(join(sample, 'pipeline.yaml'), 'utf8'));
  const input = { keep, pictures: pictures.map(({ title, image }) => ({ title, image })) };
  return client.start('pipeline', { definition, input }, { summary: `Contact sheet of ${pictures.length} pictures` });
}

/** Shows the steps until the run is closed. */
async function follow(run: Run<PipelineResult>): Promise<{ result: PipelineResult; progress: Progress | undefined }> {
  const view = createProgressView({ stream: process.stderr, plain: !process.stderr.isTTY });
  let last: Progress | undefined;
  try {
    for await (const progress of run.watch({ intervalMs: 150 })) {
      view.update(progress);
      last = progress;
    }
    return { result: await run.result(), progress: last };
  } finally {
    view.done();
  }
}

/** Writes the sheet, once it has proved to be a picture. */
async function saveSheet(client: JobRelayClient, { output }: PipelineResult, folder: string): Promise<string> {
  const { sheet } = output as unknown as ContactSheet;
  const bytes = typeof sheet === 'string' ? Buffer.from(sheet, 'base64') : await client.artifact(sheet);
  await sharp(bytes).stats();
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'contact-sheet.png');
  await writeFile(file, bytes);
  return file;
}

interface Report {
  readonly file: string;
  readonly link: string;
  readonly result: PipelineResult;
  readonly progress: Progress | undefined;
}

function report({ file, link, result, progress }: Report): void {
  const { best } = result.output as unknown as ContactSheet;
  const remarks = Object.entries(result.steps).flatMap(([name, { jobs }]) => {
    const { total, failed } = progress?.steps[name] ?? { total: jobs, failed: 0 };
    return [
      // A step that took more jobs than it has items ran some of them again.
      ...(jobs > total ? [`${jobs - total} repeated after a failure in ${name}`] : []),
      ...(failed > 0 ? [`${failed} of ${total} left out by ${name}`] : []),
    ];
  });
  tell('');
  for (const { title, score } of best) tell(`  ${score.toFixed(2)}  ${title}`);
  tell('');
  tell([describeUsage(result.usage), ...remarks].join('; '));
  tell(`Contact sheet:  ${file}`);
  tell(`Temporal's UI:  ${link}`);
}

function bestCount(value: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MAX_BEST) throw new InvalidArgumentError(`give a number from 1 to ${MAX_BEST}`);
  return number;
}

await new Command('npm run demo --')
  .description('Makes a contact sheet of the best pictures of a folder, on a stack of its own.')
  .option('--images <dir>', `pictures to use instead of the sample's, up to ${MAX_PICTURES}`)
  .option('--best <n>', 'how many to keep', bestCount, 6)
  .option('--out <dir>', 'where the contact sheet goes', '.jobrelay/demo')
  .option('--keep', 'leave the stack up until Ctrl-C')
  .addHelpText('after', '\nExample:\n  $ npm run demo -- --images ~/Pictures/holiday --best 9')
  .allowExcessArguments(false)
  .action(async (options: DemoOptions) => {
    try {
      process.exitCode = await demo(options);
    } catch (error) {
      say(describeError(error, Boolean(process.env.DEBUG)));
      process.exitCode = EXIT_CODES.failed.code;
    }
  })
  .parseAsync();
