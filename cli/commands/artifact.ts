import { isUtf8 } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { collectRefs } from '../../artifacts/index.js';
import type { JsonValue } from '../../job-api/json.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { parseJson } from '../json-text.js';
import type { Session } from '../session.js';

const EXAMPLE = `
Example:
  jobrelay artifact get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --out sheet.png
  jobrelay artifact get "$(jobrelay result sheet-17 | jq -c .sheet)" > sheet.png`;

/** `jobrelay artifact`: what outputs refer to. */
export const addArtifact: AddCommand = (program, act) => {
  const artifact = program
    .command('artifact')
    .description('read what is stored apart from the output of a run')
    .addHelpText('after', EXAMPLE);
  artifact
    .command('get')
    .description('print or write the bytes of an artifact, from the store of the configuration')
    .argument('<artifact>', 'its sha256, or the reference to it: {"$artifact": …} or what is inside')
    .option('--out <file>', 'write it there; - is the standard output', '-')
    .addHelpText('after', EXAMPLE)
    .action((artifact: string, { out }: { out: string }, command) =>
      act(command, async (session) => {
        if (out === '-' && session.output.json) {
          throw new InputError('--json prints one document on the standard output: name a file with --out');
        }
        const sha256 = digestIn(artifact);
        const bytes = await (await session.openStore()).get(sha256);
        if (out === '-') print(bytes, session);
        else {
          await write(bytes, out, session);
          session.output.result({ sha256, bytes: bytes.byteLength, file: resolve(session.process.cwd, out) }, out);
        }
        return EXIT_CODES.ok.code;
      }),
    );
};

/** @throws {InputError | ArtifactReferenceInvalid} */
function digestIn(artifact: string): string {
  if (!artifact.trimStart().startsWith('{')) return artifact;
  const value = parseJson(artifact, '<artifact>') as { readonly [key: string]: JsonValue };
  const [found] = collectRefs(Object.hasOwn(value, '$artifact') ? value : { $artifact: value });
  if (found === undefined) throw new InputError('<artifact> holds no reference');
  return found.ref.sha256;
}

function print(bytes: Uint8Array, { process }: Session): void {
  if (process.stdout.isTTY && !isPlainText(bytes)) {
    throw new InputError(
      `its ${bytes.byteLength} bytes are no text for a terminal: write them to a file with --out, or to a pipe`,
    );
  }
  process.stdout.write(bytes);
}

/** Text without the control characters that a terminal would take for commands. */
function isPlainText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.some((byte) => byte === 0x7f || (byte < 0x20 && ![0x09, 0x0a, 0x0d].includes(byte)));
}

async function write(bytes: Uint8Array, file: string, { process }: Session): Promise<void> {
  try {
    await writeFile(resolve(process.cwd, file), bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'its folder is not there'
        : code === 'EISDIR'
          ? 'it is a folder'
          : `it can't be written (${code})`;
    throw new InputError(`--out ${file}: ${reason}`, { cause: error });
  }
}
