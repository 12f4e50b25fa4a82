import { type Command, InvalidArgumentError, Option } from 'commander';
import { OVERLAPS, type Overlap, type ScheduleSummary } from '../../client/schedules/schedule.js';
import { parseTime, TIME_EXPECTED } from '../../client/schedules/time.js';
import type { Act } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { OpenClient, Session } from '../session.js';
import { withClient } from '../with-client.js';
import { describeList, describeSchedule } from './describe.js';

/** The commands about one schedule that is there, and `list`. */
export function addOperations(schedule: Command, act: Act): void {
  const one = (name: string, description: string) =>
    schedule.command(name).description(description).argument('<id>', 'as `schedule list` shows it');

  schedule
    .command('list')
    .description('show the schedules that run jobs and pipelines')
    .addHelpText('after', example('list'))
    .action((_options, command) => act(command, (session) => ask(session, list)));

  one('describe', 'show a schedule: when and what it runs, its next and last runs')
    .addHelpText('after', example('describe nightly'))
    .action((id: string, _options, command) =>
      act(command, (session) =>
        ask(session, async ({ client }, { output }) => {
          const description = await client.schedules.describe(id);
          output.result(description, describeSchedule(description));
        }),
      ),
    );

  one('trigger', 'start a run now, and print its workflow id')
    .addOption(overlapOption('where a run has not ended (default: allow-all)'))
    .addHelpText('after', example('trigger nightly'))
    .action((id: string, options: { overlap?: Overlap }, command) =>
      act(command, (session) => ask(session, (opened) => trigger(id, options, opened, session))),
    );

  one('pause', 'start no more runs by the clock; those that run go on')
    .option('--reason <text>', 'shown in the place of its note until it is resumed')
    .addHelpText('after', example("pause nightly --reason 'endpoint is being moved'"))
    .action((id: string, { reason }: { reason?: string }, command) =>
      act(command, (session) =>
        ask(session, async ({ client }, { output }) => {
          await client.schedules.pause(id, reason);
          output.result({ id, paused: true }, `${id}: paused`);
        }),
      ),
    );

  one('resume', 'start runs by the clock again')
    .addHelpText('after', example('resume nightly'))
    .action((id: string, _options, command) =>
      act(command, (session) =>
        ask(session, async ({ client }, { output }) => {
          await client.schedules.resume(id);
          output.result({ id, paused: false }, `${id}: active`);
        }),
      ),
    );

  one('backfill', 'start the runs that were due in a time that has passed')
    .requiredOption('--from <time>', 'with its zone, as 2026-01-31T00:00:00Z; included', time)
    .requiredOption('--to <time>', 'included', time)
    .addOption(overlapOption('how they go beside each other (default: buffer-all, one after the other)'))
    .addHelpText('after', example('backfill nightly --from 2026-01-01T00:00:00Z --to 2026-01-07T23:59:59Z'))
    .action((id: string, span: { from: Date; to: Date; overlap?: Overlap }, command) =>
      act(command, (session) =>
        ask(session, async ({ client }, { output }) => {
          await client.schedules.backfill(id, span);
          const { from, to } = span;
          const text = `${id}: asked for the runs from ${from.toISOString()} to ${to.toISOString()}`;
          output.result({ id, from: from.toISOString(), to: to.toISOString() }, text);
        }),
      ),
    );

  one('delete', 'delete a schedule; runs that it started go on')
    .addHelpText('after', example('delete nightly'))
    .action((id: string, _options, command) =>
      act(command, (session) =>
        ask(session, async ({ client }, { output }) => {
          await client.schedules.delete(id);
          output.result({ id, deleted: true }, `${id}: deleted`);
        }),
      ),
    );
}

async function list({ client }: OpenClient, { output }: Session): Promise<void> {
  const schedules: ScheduleSummary[] = [];
  for await (const summary of client.schedules.list()) schedules.push(summary);
  schedules.sort((a, b) => (a.id < b.id ? -1 : 1));
  output.result(
    { schedules },
    schedules.length === 0 ? 'There is no schedule: `jobrelay schedule create` makes one.' : describeList(schedules),
  );
}

async function trigger(
  id: string,
  { overlap }: { overlap?: Overlap },
  { client }: OpenClient,
  { output }: Session,
): Promise<void> {
  const run = await client.schedules.trigger(id, overlap === undefined ? {} : { overlap });
  if (run === undefined) {
    output.note('No run has begun yet: one that has not ended is in its way, or one was triggered in the same second.');
  }
  output.result({ id, ...run }, run?.workflowId ?? '');
}

function ask(session: Session, body: (opened: OpenClient, session: Session) => Promise<void>): Promise<number> {
  return withClient(session, async (opened) => {
    await body(opened, session);
    return EXIT_CODES.ok.code;
  });
}

function overlapOption(description: string): Option {
  return new Option('--overlap <policy>', description).choices([...OVERLAPS]);
}

function time(value: string): Date {
  const parsed = parseTime(value);
  if (parsed === undefined) throw new InvalidArgumentError(`give ${TIME_EXPECTED}`);
  return parsed;
}

function example(command: string): string {
  return `\nExample:\n  jobrelay schedule ${command}`;
}
