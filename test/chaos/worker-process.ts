import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../integration/harness.js';

/** A worker as operators run it: the built command in a process of its own. */
export interface WorkerProcess {
  /** Also begins the identity by which Temporal knows the worker: `<pid>@<host>`. */
  readonly pid: number | undefined;
  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void;
  /** Where it listens for webhooks, if it does. */
  readonly webhooks: string | undefined;
  /** Where it serves artifacts, if it does. */
  readonly artifacts: string | undefined;
  /** What it told its operator so far. */
  log(): string;
  /** Settles when the process has ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface WorkerProcessOptions {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly emulatorUrl: string;
  /** Its working folder too: a `jobrelay.yaml` there is its configuration. */
  readonly stateDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of the command. */
  readonly args?: readonly string[];
}

/** Starting takes a second; several at once on a machine that is busy with other tests, much longer. */
const START_MS = 60_000;
const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Starts a worker and resolves once it polls. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { address, namespace, taskQueue, emulatorUrl, stateDir, env, args = [] } = options;
  const connection = ['--address', address, '--namespace', namespace, '--task-queue', taskQueue];
  const child = spawn(process.execPath, [COMMAND, 'worker', '--json', '--state', stateDir, ...connection, ...args], {
    // No jobrelay.yaml, key or variable of this machine has a say, but what the test put there.
    cwd: stateDir,
    env: { PATH: process.env.PATH, HOME: stateDir, JOBRELAY_EMULATOR_URL: emulatorUrl, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  const killWithParent = () => void child.kill('SIGKILL');
  process.once('exit', killWithParent);

  let said = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  let running = true;
  void ended.then(() => {
    running = false;
    process.off('exit', killWithParent);
  });
  try {
    await until(
      'the worker polls',
      () => {
        if (!running) throw new Error(`the worker ended before it was ready:\n${said}${log}`);
        return said.includes('"ready":true');
      },
      START_MS,
    );
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const { webhooks, artifacts } = JSON.parse(said.slice(said.indexOf('{')).split('\n')[0] ?? '{}') as Partial<
    Record<'webhooks' | 'artifacts', string>
  >;
  return {
    pid: child.pid,
    webhooks,
    artifacts,
    signal: (signal) => void child.kill(signal),
    log: () => linesIn(log).join('\n'),
    ended,
  };
}

/** Told as JSON, a line is a text in a document. */
function linesIn(told: string): string[] {
  return told.split('\n').map((line) => {
    try {
      return String((JSON.parse(line) as { readonly log?: unknown }).log ?? line);
    } catch {
      return line;
    }
  });
}
