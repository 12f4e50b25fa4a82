import { limitsOf } from '../../config/index.js';
import type { EndpointHealth, RateBudget, RateWindow } from '../../job-api/index.js';
import { requestsOf, shareOf } from '../../job-api/limits/budget-share.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Session } from '../session.js';
import { tableLines } from '../table.js';
import { type EndpointPlace, placesOf, withJobApi } from './target.js';

const EXAMPLE = `
Example:
  jobrelay endpoint limits runpod/abc123

DOCUMENTED is what the provider says; KEPT what a worker with this configuration keeps to. Where a budget grows with the
running workers (perWorker), the endpoint is asked how many there are.`;

/** `jobrelay endpoint limits`: what may be asked, and how often. */
export const addLimits: AddCommand = (endpoint, act) => {
  endpoint
    .command('limits')
    .description("show a provider's documented limits, and those that workers keep to")
    .argument('<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId')
    .addHelpText('after', EXAMPLE)
    .action((name: string, _options, command) =>
      act(command, async (session) => {
        const { DOCUMENTED_LIMITS } = await import('../../job-api/index.js');
        const config = await session.loadConfig();
        const places = await placesOf(config, name);
        const endpoints = await Promise.all(
          places.map(async (place): Promise<Limits> => {
            const documented = DOCUMENTED_LIMITS[place.provider.dialect];
            const kept = limitsOf(config, place.provider.name, place.endpointId);
            const budgets = Object.entries(documented.budgets as Readonly<Record<string, RateBudget>>);
            const grows = Object.values(kept?.limits.budgets ?? {}).some(({ perWorker }) => perWorker !== undefined);
            const running = grows ? await runningWorkers(place, session) : undefined;
            return {
              endpoint: place.name,
              scope: documented.scope,
              share: kept?.share ?? 1,
              ...(running !== undefined && { runningWorkers: running }),
              budgets: budgets.map(([budget, given]) => ({
                budget,
                operations: given.operations,
                documented: rateOf(given),
                kept:
                  kept === undefined ? 'off' : keptRate(kept.limits.budgets[budget] ?? given, kept.share, running ?? 0),
              })),
            };
          }),
        );
        const shared = config.limitsRedisEnv;
        session.output.result(
          { endpoints, ...(shared !== undefined && { store: shared }) },
          [
            ...endpoints.map(describeLimits),
            ...(shared === undefined
              ? []
              : [
                  `All workers count together in the Redis of ${shared}: the share holds only while it does not answer.`,
                ]),
          ].join('\n\n'),
        );
        return EXIT_CODES.ok.code;
      }),
    );
};

interface Rate {
  readonly windows: readonly Pick<RateWindow, 'requests' | 'windowMs'>[];
  readonly atOnce?: number;
  readonly perWorker?: number;
}

interface Limits {
  readonly endpoint: string;
  /** Whether the endpoint has them for itself, or shares them with all of the account. */
  readonly scope: 'endpoint' | 'account';
  readonly share: number;
  /** Where a budget grows with them. */
  readonly runningWorkers?: number;
  readonly budgets: readonly {
    readonly budget: string;
    readonly operations: readonly string[];
    readonly documented: Rate;
    readonly kept: Rate | 'off';
  }[];
}

async function runningWorkers(place: EndpointPlace, session: Session): Promise<number> {
  const { workers }: EndpointHealth = await withJobApi(place, session, (api) => api.health(place.endpointId));
  return workers.running ?? 0;
}

function rateOf({ windows, atOnce, perWorker }: RateBudget): Rate {
  return {
    windows: windows.map(({ requests, windowMs }) => ({ requests, windowMs })),
    ...(atOnce !== undefined && { atOnce }),
    ...(perWorker !== undefined && { perWorker }),
  };
}

/** What the limiter of a worker allows. */
function keptRate(budget: RateBudget, share: number, running: number): Rate {
  const { windows, atOnce, perWorker } = budget;
  return {
    windows: windows.map((window) => ({
      requests: shareOf(requestsOf(budget, window, running), share),
      windowMs: window.windowMs,
    })),
    ...(atOnce !== undefined && { atOnce: shareOf(atOnce, share) }),
    ...(perWorker !== undefined && { perWorker }),
  };
}

function describeLimits({ endpoint, scope, share, runningWorkers: running, budgets }: Limits): string {
  const notes = [
    scope === 'account' ? 'of all endpoints of the account together' : 'of the endpoint, for each key',
    ...(share < 1 ? [`this process uses ${share} of them`] : []),
    ...(running === undefined ? [] : [`${running} running ${running === 1 ? 'worker' : 'workers'}`]),
  ];
  const rows = budgets.map(({ budget, operations, documented, kept }) => [
    budget,
    rateText(documented),
    kept === 'off' ? 'nothing' : rateText(kept),
    operations.join(', '),
  ]);
  return [
    `${endpoint}: ${notes.join('; ')}`,
    ...tableLines([['BUDGET', 'DOCUMENTED', 'KEPT', 'OPERATIONS'], ...rows]),
  ].join('\n');
}

function rateText({ windows, atOnce, perWorker }: Rate): string {
  return [
    ...windows.map(({ requests, windowMs }) => `${requests} in ${windowText(windowMs)}`),
    ...(atOnce === undefined ? [] : [`${atOnce} at once`]),
    ...(perWorker === undefined ? [] : [`${perWorker} a worker`]),
  ].join(', ');
}

function windowText(ms: number): string {
  if (ms % 86_400_000 === 0) return ms === 86_400_000 ? 'a day' : `${ms / 86_400_000} days`;
  if (ms % 60_000 === 0) return ms === 60_000 ? 'a minute' : `${ms / 60_000} min`;
  return `${ms / 1_000} s`;
}
