import { Option } from 'commander';
import type { RunSummary } from '../../client/list-runs.js';
import type { RunState } from '../../client/run-status.js';
import type { AddCommand } from '../command.js';
import { describeRuns } from '../describe-runs.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { limit, since } from '../option-types.js';
import { isDrawable } from '../output.js';
import type { OpenClient, Session } from '../session.js';
import { watchRuns } from '../watch-runs.js';
import { withClient } from '../with-client.js';

interface ListOptions {
  readonly type?: 'job' | 'pipeline' | 'workflow';
  readonly status?: RunState;
  readonly pipeline?: string;
  readonly endpoint?: string;
  readonly tenant?: string;
  readonly since?: Date;
  readonly limit: number;
  readonly watch?: boolean;
}

/** The runs that were asked for, and whether there are more of them. */
interface Listing {
  readonly runs: readonly RunSummary[];
  readonly more: boolean;
}

const STATUSES = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed-out',
] as const satisfies readonly RunState[];

const EXAMPLE = `
Example:
  jobrelay list --status failed --since 24h
  jobrelay list --endpoint sdxl --watch

Runs that have not ended come first. How long ended ones are known, the retention of the namespace says.`;

/** `jobrelay list`: the runs that Temporal knows. */
export const addList: AddCommand = (program, act) => {
  program
    .command('list')
    .description('show the runs of the namespace: jobs, pipelines, and your own workflows that run jobs')
    .addOption(
      new Option('--type <type>', 'workflow: your own (default: all)').choices(['job', 'pipeline', 'workflow']),
    )
    .addOption(new Option('--status <status>', 'only those').choices([...STATUSES]))
    .option('--pipeline <name>', "by the definition's name")
    .option('--endpoint <name>', 'by an endpoint, as the run names it')
    .option('--tenant <name>', 'by the tenant that the run names')
    .option('--since <when>', 'that started then or later: a while ago, as 2h, or a time with its zone', since)
    .option('--limit <n>', 'at most so many', limit, 20)
    .option('--watch', 'on a terminal: draw them anew every 2 s until Ctrl-C')
    .addHelpText('after', EXAMPLE)
    .action((options: ListOptions, command) =>
      act(command, async (session) => {
        if (options.watch) checkTerminal(session);
        return withClient(session, async (opened) => {
          if (options.watch) {
            await watchRuns(async () => describeListing(await look(opened, options)), session.process);
          } else {
            const listing = await look(opened, options);
            session.output.result(listing, describeListing(listing).join('\n'));
          }
          return EXIT_CODES.ok.code;
        });
      }),
    );
};

async function look({ client }: OpenClient, { watch: _watch, limit, ...filter }: ListOptions): Promise<Listing> {
  const runs: RunSummary[] = [];
  for await (const run of client.list({ ...filter, limit: limit + 1 })) runs.push(run);
  return { runs: runs.slice(0, limit), more: runs.length > limit };
}

function describeListing({ runs, more }: Listing): readonly string[] {
  if (runs.length === 0) return ['There is no such run.'];
  return [...describeRuns(runs, Date.now()), ...(more ? ['There are more: --limit shows more of them.'] : [])];
}

function checkTerminal({ output, process }: Session): void {
  if (output.json || !isDrawable(process.stdout)) {
    throw new InputError('--watch draws on a terminal: elsewhere, and with --json, call `jobrelay list` again instead');
  }
}
