import type { Command } from 'commander';
import type { JobRelayClient } from '../../client/client.js';
import type { ScheduleChange } from '../../client/schedules/changes.js';
import type { Act } from '../command.js';
import { confirm } from '../confirm.js';
import { PartlyDone } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Session } from '../session.js';
import { describeChanges } from './describe.js';
import { readScheduleFile } from './file.js';

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  /** False for `--no-check`. */
  readonly check: boolean;
}

const EXAMPLE = `
Example:
  jobrelay schedule apply schedules.yaml --dry-run
  jobrelay schedule apply schedules.yaml --prune --yes

The difference is shown first. On a terminal the command then asks; elsewhere it goes on.`;

/** `jobrelay schedule apply`: the schedules of a file, made as they stand there. */
export function addApply(schedule: Command, act: Act): void {
  schedule
    .command('apply')
    .description('make the schedules as a file says: shows the difference, then creates, changes and deletes')
    .argument('<file>', 'the schedules, YAML or JSON')
    .option('--dry-run', 'show the difference and change nothing')
    .option('--prune', 'delete the schedules of the same group that are no longer in the file')
    .option('--yes', 'do not ask')
    .option('--no-check', "leave the check of what runs to the worker, whose configuration is not this machine's")
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: ApplyOptions, command) =>
      act(command, (session) => applyFile(file, options, session)),
    );
}

async function applyFile(file: string, options: ApplyOptions, session: Session): Promise<number> {
  const { group, schedules } = await readScheduleFile(file, options.check ? await session.loadConfig() : undefined);
  const opened = await session.openClient(await session.openStore());
  try {
    const { client } = opened;
    const changes = await client.schedules.compare(schedules, {
      prune: options.prune === true,
      ...(group !== undefined && { group }),
    });
    const applied = !options.dryRun && (await isWanted(changes, options, session));
    if (applied) await applyAll(changes, client);
    session.output.result({ applied, changes }, textFor(changes, options, applied));
    return EXIT_CODES.ok.code;
  } finally {
    await opened.close();
  }
}

/** @throws {PartlyDone} that says what was done before, where one fails */
async function applyAll(changes: readonly ScheduleChange[], { schedules }: JobRelayClient): Promise<void> {
  const wanted = changes.filter(({ kind }) => kind !== 'unchanged');
  for (const [at, change] of wanted.entries()) {
    try {
      await schedules.apply([change]);
    } catch (error) {
      const [done, [failed, ...left]] = [idsOf(wanted.slice(0, at)), idsOf(wanted.slice(at))];
      const names = (ids: readonly string[]) => (ids.length === 0 ? 'none' : ids.join(', '));
      const text = `Applied before: ${names(done)}; failed: ${failed}; not tried: ${names(left)}. To apply again does no harm.`;
      const document = { applied: false, done, failed, left, changes };
      throw new PartlyDone({ text, document, any: done.length > 0 }, error);
    }
  }
}

function idsOf(changes: readonly ScheduleChange[]): readonly string[] {
  return changes.map(({ id }) => id);
}

/** Shows what will be done, and asks where there is a person to ask. */
async function isWanted(changes: readonly ScheduleChange[], { yes }: ApplyOptions, session: Session): Promise<boolean> {
  const { output, process } = session;
  // With --json the difference is in the one document of the end.
  if (output.json || changes.every(({ kind }) => kind === 'unchanged')) return true;
  for (const line of describeChanges(changes).split('\n')) output.note(line);
  if (yes || process.stdin.isTTY !== true) return true;
  return confirm('Apply?', process);
}

function textFor(changes: readonly ScheduleChange[], { dryRun }: ApplyOptions, applied: boolean): string {
  if (dryRun) return describeChanges(changes);
  if (!applied) return 'Nothing was changed.';
  const done = changes.filter(({ kind }) => kind !== 'unchanged').length;
  return done === 0
    ? `All ${changes.length} are as they should be.`
    : `Applied ${done} of ${changes.length}; the others were as they should be.`;
}
