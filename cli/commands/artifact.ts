import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { ArtifactError, collectRefs, StoreUnavailable } from '../../artifacts/index.js';
import type { JobRelayClient } from '../../client/client.js';
import type { JsonValue } from '../../job-api/json.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { parseJson } from '../json-text.js';
import { duration } from '../option-types.js';
import { replaceFile } from '../replace-file.js';
import type { Session } from '../session.js';
import { FILE_KINDS, type FileKind } from '../stored-file.js';
import { withClient } from '../with-client.js';

const EXAMPLE = `
Example:
  jobrelay artifact get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --out sheet.png
  jobrelay artifact get "$(jobrelay result sheet-17 | jq -c .sheet)" > sheet.png`;

const PUT_EXAMPLE = `
Example:
  jobrelay artifact put film.mp4
  jobrelay job local/echo --input "{\\"film\\": $(jobrelay artifact put film.mp4)}"

Temporal takes no start over 2 MiB: from an SDK of another language, pass what this prints in the place of a large value.`;

const GC_EXAMPLE = `
Example:
  jobrelay artifact gc --dry-run
  jobrelay artifact gc --older-than 7d

Runs of all types count, open ones and those that Temporal still retains, and schedules. A store belongs to one
namespace: what runs of another refer to is not known here.`;

/** `jobrelay artifact`: what outputs refer to. */
export const addArtifact: AddCommand = (program, act) => {
  const artifact = program
    .command('artifact')
    .description(
      'read what is stored apart from the output of a run, store files for inputs, remove what nothing needs',
    )
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
        const store = await session.openStore();
        if (out === '-') print(await store.get(sha256), session);
        else {
          const file = resolve(session.process.cwd, out);
          await write(store.open(sha256), file, out);
          session.output.result({ sha256, bytes: (await stat(file)).size, file }, out);
        }
        return EXIT_CODES.ok.code;
      }),
    );
  artifact
    .command('put')
    .description('store a file of any size, and print the reference that the input of a run can hold')
    .argument('<file>', 'the file')
    .addOption(
      new Option('--as <kind>', 'what it stands for in an input: the value, a text, or its bytes as base64 text')
        .choices(FILE_KINDS)
        .default('base64'),
    )
    .addHelpText('after', PUT_EXAMPLE)
    .action((file: string, { as }: { as: FileKind }, command) =>
      act(command, async (session) => {
        const { storeFile } = await import('../stored-file.js');
        const reference = await storeFile(file, { cwd: session.process.cwd, as, store: await session.openStore() });
        session.output.result(reference, JSON.stringify(reference));
        return EXIT_CODES.ok.code;
      }),
    );
  artifact
    .command('gc')
    .description('remove the artifacts that no run and no schedule refers to, of the namespace and the store given')
    .option('--dry-run', 'say what would be removed, and leave it')
    .addOption(
      new Option('--older-than <duration>', 'leave what was stored since; at least 2h')
        .argParser(duration)
        .default(24 * 3_600_000, '24h'),
    )
    .option('--force', 'also where the namespace has no run at all, and below 2h; for when nothing runs')
    .addHelpText('after', GC_EXAMPLE)
    .action((options: GcOptions, command) =>
      act(command, async (session) => {
        const store = await session.openStore();
        return withClient(session, async ({ client }) => collect(client, store.location, options, session), store);
      }),
    );
};

interface GcOptions {
  readonly dryRun?: boolean;
  readonly olderThan: number;
  readonly force?: boolean;
}

async function collect(
  client: JobRelayClient,
  location: string,
  { dryRun = false, olderThan, force = false }: GcOptions,
  { output }: Session,
): Promise<number> {
  const report = await client.collectGarbage({
    ...{ dryRun, force, olderThanMs: olderThan },
    onProgress: ({ runs }) => {
      if (runs % 1_000 === 0) output.note(`${runs} runs read`);
    },
  });
  const { runs, schedules, needed, young, removed, leftoverBytes } = report;
  const amount = ({ artifacts, bytes }: typeof removed) =>
    `${artifacts} ${artifacts === 1 ? 'artifact' : 'artifacts'}, ${bytes} bytes`;
  const lines = [
    `${dryRun ? 'would remove' : 'removed'}: ${amount(removed)} of ${location}`,
    `kept: ${amount(needed)} that ${runs} runs and ${schedules} schedules refer to; ${amount(young)} too young to tell`,
    ...(leftoverBytes > 0 ? [`removed what killed writers left: ${leftoverBytes} bytes`] : []),
  ];
  output.result({ ...report, store: location }, lines.join('\n'));
  return EXIT_CODES.ok.code;
}

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

/** @param given - the path as it was given, for messages */
async function write(content: AsyncIterable<Uint8Array>, file: string, given: string): Promise<void> {
  try {
    await replaceFile(file, content);
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof StoreUnavailable) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'its folder is not there'
        : code === 'EISDIR'
          ? 'it is a folder'
          : `it can't be written (${code})`;
    throw new InputError(`--out ${given}: ${reason}`, { cause: error });
  }
}
