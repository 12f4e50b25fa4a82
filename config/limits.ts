/** What is to be kept of a provider's limits, as `jobrelay.yaml` says it, and what that comes to. */
import { z } from 'zod';
import { DOCUMENTED_LIMITS, type RateBudget, type RateLimits } from '../job-api/limits/limits.js';
import { closedObject, type Problem } from './closed-object.js';
import type { BudgetOverride, Config, EndpointConfig, LimitsConfig, ProviderConfig } from './config.js';
import { definedFields } from './defined-fields.js';
import { WRITTEN_DURATION } from './duration.js';
import { inMilliseconds } from './settings.js';

const count = z.int().min(1);

const budget = closedObject({
  requests: count.optional().describe('Requests in a window.'),
  window: z
    .string()
    .regex(WRITTEN_DURATION, 'must be a duration like "10s" or "1m"')
    .transform(inMilliseconds())
    .optional()
    .meta({ description: 'The window.', examples: ['10s', '1m'] }),
  perDay: count.optional().describe('Requests in a day (UTC), where the provider counts those too.'),
  atOnce: count.optional().describe('Requests under way at once.'),
  perWorker: count
    .optional()
    .describe('Requests in a window for each running worker of the endpoint, where that comes to more.'),
}).transform(({ window, ...rest }): BudgetOverride => definedFields({ ...rest, windowMs: window }));

const shape = {
  share: z.number().gt(0, 'must be over 0').max(1).optional().meta({
    description:
      'The part of the limits that one worker process uses: 0.25 where four processes share an account. With a store, what it uses while the store does not answer.',
    default: 1,
  }),
  submit: budget.optional().describe('Submits (run).'),
  sync: budget.optional().describe('Submits that wait (runsync).'),
  read: budget.optional().describe('Reads of jobs and streams, together.'),
  cancel: budget.optional().describe('Cancels.'),
  purge: budget.optional().describe('Purges of the queue.'),
  all: budget.optional().describe('All operations together, as a gateway counts them.'),
};

const OTHERWISE = 'must be off, or a map with share and budgets';

/** Of a provider, or of an endpoint. */
export const limitsSchema = z
  .union(
    [
      z
        .string()
        .regex(/^off$/, OTHERWISE)
        .transform(() => 'off' as const),
      closedObject(shape).transform(
        ({ share, ...budgets }): LimitsConfig => definedFields({ share, budgets: definedFields(budgets) }),
      ),
    ],
    { error: OTHERWISE },
  )
  .meta({ description: "What is kept of the provider's limits, where it is not as documented; off for none." });

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const redis = z
  .string()
  .meta({ pattern: VARIABLE.source })
  .transform((text, context) => {
    const [, variable] = VARIABLE.exec(text) ?? [];
    if (variable !== undefined) return variable;
    const message = `must name an environment variable, as "\${REDIS_URL}": such addresses hold passwords`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** What several processes share. */
export const sharedLimitsSchema = closedObject({
  store: closedObject({
    redis: redis.meta({
      description: 'The environment variable that holds the URL of a Redis server, where the worker runs.',
      examples: [`\${REDIS_URL}`],
    }),
  })
    .optional()
    .describe('Where all workers count what they ask, so that together they use the limits in full and not more.'),
});

/** What this process keeps to on an endpoint; undefined where it keeps to nothing. */
export function limitsOf(
  { providers, endpoints }: Pick<Config, 'providers' | 'endpoints'>,
  provider: string,
  endpointId: string,
): { readonly limits: RateLimits; readonly share: number } | undefined {
  const { dialect, limits: own } = providers[provider] ?? { dialect: 'runpod' };
  const ofAlias = Object.values(endpoints).find((alias) => names(alias, provider, endpointId) && alias.limits)?.limits;
  if (ofAlias === 'off' || (own === 'off' && ofAlias === undefined)) return undefined;
  const layers = [own === 'off' ? undefined : own, ofAlias];
  const documented: RateLimits = DOCUMENTED_LIMITS[dialect];
  const budgets = Object.entries(documented.budgets).map(([name, given]) => [
    name,
    layers.reduce((sum, layer) => overridden(sum, layer?.budgets?.[name]), given),
  ]);
  return {
    limits: { ...documented, budgets: Object.fromEntries(budgets) as RateLimits['budgets'] },
    share: ofAlias?.share ?? layers[0]?.share ?? 1,
  };
}

/** What the limits of a file get wrong that no field shows by itself. */
export function problemsOfLimits(
  providers: Readonly<Record<string, ProviderConfig>>,
  endpoints: Readonly<Record<string, EndpointConfig>>,
): readonly Problem[] {
  const ofProviders = Object.values(providers).flatMap(({ name, dialect, limits }) =>
    unknownBudgets(limits, [dialect]).map((budget) => unknownBudget(['providers', name], budget, dialect)),
  );
  const aliases = Object.values(endpoints).filter(({ limits }) => limits !== undefined);
  const ofEndpoints = aliases.flatMap((alias, at) => {
    const dialects = alias.use.map(({ provider }) => providers[provider]?.dialect ?? 'runpod');
    const twin = aliases
      .slice(0, at)
      .find(({ use }) => use.some(({ provider, endpointId }) => names(alias, provider, endpointId)));
    return [
      ...unknownBudgets(alias.limits, dialects).map((budget) =>
        unknownBudget(['endpoints', alias.alias], budget, dialects.join(' and ')),
      ),
      ...(twin === undefined
        ? []
        : [
            {
              path: ['endpoints', alias.alias, 'limits'],
              message: `limits of the same endpoint stand at ${twin.alias} too: an endpoint has one set of them`,
            },
          ]),
    ];
  });
  return [...ofProviders, ...ofEndpoints];
}

type Dialect = ProviderConfig['dialect'];

function unknownBudgets(limits: LimitsConfig | 'off' | undefined, dialects: readonly Dialect[]): readonly string[] {
  if (limits === undefined || limits === 'off') return [];
  const known = new Set(dialects.flatMap((dialect) => Object.keys(DOCUMENTED_LIMITS[dialect].budgets)));
  return Object.keys(limits.budgets ?? {}).filter((name) => !known.has(name));
}

function unknownBudget(at: Problem['path'], budget: string, dialect: string): Problem {
  const message =
    budget === 'all'
      ? `dialect ${dialect} has no limit of all operations together: name submit, read, cancel`
      : `dialect ${dialect} counts all operations together: write all`;
  return { path: [...at, 'limits', budget], message };
}

function names({ use }: EndpointConfig, provider: string, endpointId: string): boolean {
  return use.some((target) => target.provider === provider && target.endpointId === endpointId);
}

function overridden(budget: RateBudget, override: BudgetOverride | undefined): RateBudget {
  if (override === undefined) return budget;
  const { requests, windowMs, perDay, ...rest } = override;
  const [first, ...more] = budget.windows;
  if (first === undefined) return budget;
  const day = { windowMs: 86_400_000, byClock: true } as const;
  return {
    ...budget,
    ...rest,
    windows: [
      { ...first, ...definedFields({ requests, windowMs }) },
      ...(perDay === undefined ? more : [{ ...day, requests: perDay }]),
    ],
  };
}
