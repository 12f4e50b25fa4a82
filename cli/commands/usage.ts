import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { since } from '../option-types.js';
import { tableLines } from '../table.js';
import { sumUsage, type TenantUsage } from '../tenant-usage.js';
import { withClient } from '../with-client.js';

interface UsageOptions {
  readonly tenant?: string;
  readonly since?: Date;
}

const EXAMPLE = `
Example:
  jobrelay usage --since 30d
  jobrelay usage --tenant acme --json

Of runs with a tenant that the namespace still retains. QUEUED, RAN and WASTED are sums over their jobs; what is wasted
brought no result. COST is an estimate: execution time by price, - where an endpoint has none. UNREPORTED counts the runs
whose usage is not in the sums, since a run reports it as it ends: those that go on, and those that were terminated.`;

/** `jobrelay usage`: what the runs of tenants have used. */
export const addUsage: AddCommand = (program, act) => {
  program
    .command('usage')
    .description('sum up, by tenant, what runs have used')
    .option('--tenant <name>', 'of this one alone')
    .option('--since <when>', 'runs that started then or later: a while ago, as 30d, or a time with its zone', since)
    .addHelpText('after', EXAMPLE)
    .action((options: UsageOptions, command) =>
      act(command, async (session) =>
        withClient(session, async ({ client }) => {
          const tenants = await sumUsage(client.list(options));
          session.output.result({ tenants }, describe(tenants));
          return EXIT_CODES.ok.code;
        }),
      ),
    );
};

function describe(tenants: readonly TenantUsage[]): string {
  if (tenants.length === 0) return 'There is no run with a tenant.';
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const rows = tenants.map(({ tenant, runs, unreported, usage }) => [
    tenant,
    String(runs),
    String(usage.jobs),
    seconds(usage.queueMs),
    seconds(usage.executionMs),
    seconds(usage.wastedMs),
    usage.estimatedCostUsd === undefined ? '-' : `$${usage.estimatedCostUsd.toFixed(4)}`,
    unreported > 0 ? String(unreported) : '',
  ]);
  return tableLines([['TENANT', 'RUNS', 'JOBS', 'QUEUED', 'RAN', 'WASTED', 'COST', 'UNREPORTED'], ...rows]).join('\n');
}
