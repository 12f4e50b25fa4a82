import { lstat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../artifacts/index.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { quotePosix } from '../quote-posix.js';
import { STARTER_COMMANDS, STARTER_FILES } from '../starter-files.js';

const EXAMPLE = `
Example:
  jobrelay init shouting
  jobrelay init --force        (in this folder, over the files that are there)`;

/** `jobrelay init`: a project to begin with. */
export const addInit: AddCommand = (program, act) => {
  program
    .command('init')
    .description('write a configuration, a pipeline and handlers, ready to run')
    .argument('[dir]', 'where; made where it is missing', '.')
    .option('--force', 'overwrite files of the same names')
    .addHelpText('after', EXAMPLE)
    .action((dir: string, { force = false }: { force?: boolean }, command) =>
      act(command, async ({ process, output }) => {
        const folder = resolve(process.cwd, dir);
        const files = await writeStarter(folder, dir, force);
        const enter = folder === resolve(process.cwd) ? [] : [`  cd ${/^[\w./-]+$/.test(dir) ? dir : quotePosix(dir)}`];
        output.result(
          { dir: folder, files, commands: STARTER_COMMANDS },
          [
            `Wrote ${files.join(', ')}. Run it, in two terminals:`,
            ...STARTER_COMMANDS.flatMap((line) => [...enter, `  ${line}`]),
          ].join('\n'),
        );
        return EXIT_CODES.ok.code;
      }),
    );
};

/** All of the files or none: what is there is looked for before the first is written. */
async function writeStarter(folder: string, dir: string, force: boolean): Promise<readonly string[]> {
  const files = Object.keys(STARTER_FILES);
  const there = force ? [] : await existing(folder, files);
  if (there.length > 0) {
    const [is, them] = there.length === 1 ? ['is', 'it'] : ['are', 'them'];
    throw new InputError(
      `${there.join(', ')} ${is} in ${dir} already, and nothing was written: choose another folder, or overwrite ${them} with --force`,
    );
  }
  try {
    await makeFolder(folder);
    for (const [file, text] of Object.entries(STARTER_FILES)) {
      await writeFile(join(folder, file), text, { flag: force ? 'w' : 'wx' });
    }
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    throw new InputError(`${path ?? dir} can't be written: ${code ?? message}`, { cause: error });
  }
  return files;
}

async function existing(folder: string, files: readonly string[]): Promise<readonly string[]> {
  const present = await Promise.all(
    files.map((file) =>
      lstat(join(folder, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_file, index) => present[index]);
}
