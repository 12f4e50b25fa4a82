import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../cli/program.js';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSurroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** The standard output is a terminal. */
  readonly terminal?: boolean;
  /** A person is at the standard input and reads the standard error. */
  readonly person?: boolean;
  /** Emit `SIGINT` here. */
  readonly signals?: EventEmitter;
}

/** One call of the command line, without a process of its own. */
export async function jobrelay(args: readonly string[], surroundings: CliSurroundings = {}): Promise<CliResult> {
  const { cwd = process.cwd(), env = {}, stdin = '', signals = new EventEmitter() } = surroundings;
  const { terminal = false, person = false } = surroundings;
  const stdout = Object.assign(new PassThrough(), { isTTY: terminal });
  const stderr = Object.assign(new PassThrough(), { isTTY: person });
  const said = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCli(args, {
    ...{ stdout, stderr, cwd, env, signals },
    stdin: Object.assign(Readable.from([stdin]), { isTTY: person }),
    now: () => performance.now(),
    exit: (code) => {
      throw new Error(`left with ${code}`);
    },
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { exitCode, stdout: out, stderr: err };
}
