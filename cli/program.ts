import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { TASK_QUEUE } from '../workflows/contract.js';
import type { Act, AddCommand } from './command.js';
import { addApprove } from './commands/approve.js';
import { addArtifact } from './commands/artifact.js';
import { addCancel } from './commands/cancel.js';
import { addCodecServer } from './commands/codec-server.js';
import { addCompletion } from './commands/completion.js';
import { addDev } from './commands/dev.js';
import { addDoctor } from './commands/doctor.js';
import { addEmulator } from './commands/emulator.js';
import { addEndpoint } from './commands/endpoint.js';
import { addInit } from './commands/init.js';
import { addJob } from './commands/job.js';
import { addList } from './commands/list.js';
import { addPipeline } from './commands/pipeline.js';
import { addPlan } from './commands/plan.js';
import { addReap } from './commands/reap.js';
import { addResult } from './commands/result.js';
import { addRun } from './commands/run.js';
import { addSchedule } from './commands/schedule.js';
import { addStatus } from './commands/status.js';
import { addUsage } from './commands/usage.js';
import { addWorker } from './commands/worker.js';
import { describeExitCodes, exitCodeFor } from './exit-codes.js';
import { createOutput } from './output.js';
import { describeError, errorDocument } from './report-error.js';
import { type CliProcess, createSession } from './session.js';

const COMMANDS: readonly AddCommand[] = [
  addInit,
  addDev,
  addWorker,
  addEmulator,
  addJob,
  addRun,
  addPlan,
  addPipeline,
  addList,
  addStatus,
  addUsage,
  addResult,
  addApprove,
  addCancel,
  addReap,
  addArtifact,
  addSchedule,
  addEndpoint,
  addDoctor,
  addCodecServer,
  addCompletion,
];

/** Runs one command line, without the node and script in front, and answers with its exit code. Never rejects. */
export async function runCli(args: readonly string[], process: CliProcess): Promise<number> {
  const json = args.includes('--json');
  let exitCode = 0;
  const act: Act = async (command, body) => {
    const session = createSession(command, process);
    try {
      exitCode = await body(session);
    } catch (error) {
      exitCode = exitCodeFor(error);
      report(error, session.verbose);
    }
  };
  function report(error: unknown, verbose: boolean): void {
    if (json) createOutput(process, true).result(errorDocument(error), '');
    else process.stderr.write(`${describeError(error, verbose)}\n`);
  }

  const program = createProgram(process, json);
  for (const addCommand of COMMANDS) addCommand(program, act);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = exitCodeFor(error);
    // What is wrong with the usage, commander has said already, except to programs.
    if (!(error instanceof CommanderError) || (json && exitCode !== 0)) report(error, false);
  }
  return exitCode;
}

function createProgram(process: CliProcess, json: boolean): Command {
  return new Command('jobrelay')
    .description('Durable pipelines of GPU jobs on Temporal.')
    .version(packageVersion())
    .option('--json', 'one JSON document on stdout, JSON lines on stderr')
    .option('--config <file>', 'configuration file (default: $JOBRELAY_CONFIG, else jobrelay.yaml if it is there)')
    .option('--address <host:port>', 'Temporal server (default: $TEMPORAL_ADDRESS, else 127.0.0.1:7233)')
    .option('--namespace <name>', 'Temporal namespace (default: $TEMPORAL_NAMESPACE, else default)')
    .option(
      '--task-queue <name>',
      'queue of runs, a fleet of its own; its jobs are awaited on <name>-await',
      TASK_QUEUE,
    )
    .option('--state <dir>', 'folder of the embedded stack and its artifacts', '.jobrelay')
    .option('--verbose', 'stacks of errors (default: true where $DEBUG is set)')
    .addHelpText('after', `\n${describeExitCodes()}`)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void (json || process.stderr.write(text)),
    })
    .showHelpAfterError('(--help says more)')
    .exitOverride();
}

function packageVersion(): string {
  // By the package's own name, so that it is found from the sources and from dist alike.
  const { version } = createRequire(import.meta.url)('jobrelay/package.json') as { version: string };
  return version;
}
