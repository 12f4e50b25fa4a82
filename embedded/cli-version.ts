import { lastLine, runCommand } from './run-command.js';

/**
 * Oldest server that will do. Since 1.28 a run's description says that it was reset (`resetRunId`); without that, a reset looks
 * like a termination, and the job that the new run follows would be cancelled.
 */
const MIN_SERVER = [1, 28] as const;

const VERSION_TIMEOUT_MS = 10_000;

/** Version of the server in the CLI's answer to `--version`; undefined where it names none. */
export function serverVersion(answer: string): readonly [number, number] | undefined {
  const match = /\(Server (\d+)\.(\d+)\./.exec(answer);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function isNewEnough([major, minor]: readonly [number, number]): boolean {
  return major > MIN_SERVER[0] || (major === MIN_SERVER[0] && minor >= MIN_SERVER[1]);
}

/** Throws what is wrong with the CLI at a path: it does not start, does not answer, is something else, or is too old. */
export async function checkCli(path: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const outcome = await runCommand(path, ['--version'], { env, timeoutMs: VERSION_TIMEOUT_MS, signal });
  if (outcome.kind === 'absent') throw new Error(`${path} is not there`);
  if (outcome.kind === 'timed-out')
    throw new Error(`${path} did not answer --version in ${VERSION_TIMEOUT_MS / 1000} s`);
  if (outcome.code !== 0)
    throw new Error(`${path} does not run: ${lastLine(outcome.stderr) || `exit ${outcome.code}`}`);
  const server = serverVersion(outcome.stdout);
  if (!server)
    throw new Error(`${path} is not the Temporal CLI: it answers --version with "${lastLine(outcome.stdout, 80)}"`);
  if (!isNewEnough(server)) {
    throw new Error(`${path} is too old: it brings server ${server.join('.')}, and ${MIN_SERVER.join('.')} is needed`);
  }
}
