import type { Config, ProviderConfig } from '../../config/index.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { CliProcess } from '../session.js';
import { tableLines } from '../table.js';

const EXAMPLE = `
Example:
  jobrelay endpoint list

Asks nobody: \`jobrelay endpoint health ENDPOINT\` and \`jobrelay doctor\` do.`;

/** `jobrelay endpoint list`: what the configuration knows. */
export const addList: AddCommand = (endpoint, act) => {
  endpoint
    .command('list')
    .description('list the endpoints and providers of the configuration')
    .addHelpText('after', EXAMPLE)
    .action((_options, command) =>
      act(command, async ({ loadConfig, output, process }) => {
        const listed = listOf(await loadConfig(), process.env);
        output.result(listed, describeList(listed));
        return EXIT_CODES.ok.code;
      }),
    );
};

interface Listed {
  readonly endpoints: readonly {
    readonly endpoint: string;
    /** `provider/endpointId`, in the order of failover. */
    readonly use: readonly string[];
    readonly price?: { readonly perSecond: number } | { readonly perJob: number };
  }[];
  readonly providers: readonly {
    readonly provider: string;
    readonly dialect: ProviderConfig['dialect'];
    readonly baseUrl: string;
    /** The environment variable that holds its key, where it needs one. */
    readonly key?: { readonly variable: string; readonly set: boolean };
  }[];
}

function listOf({ endpoints, providers }: Config, env: CliProcess['env']): Listed {
  return {
    endpoints: Object.values(endpoints).map(({ alias, use, price }) => ({
      endpoint: alias,
      use: use.map(({ provider, endpointId }) => `${provider}/${endpointId}`),
      ...(price !== undefined && { price }),
    })),
    providers: Object.values(providers).map(({ name, dialect, baseUrl, apiKeyEnv: variable }) => ({
      provider: name,
      dialect,
      baseUrl,
      ...(variable !== undefined && { key: { variable, set: Boolean(env[variable]?.trim()) } }),
    })),
  };
}

function describeList({ endpoints, providers }: Listed): string {
  const aliases = endpoints.map(({ endpoint, use, price }) => [endpoint, use.join(', '), priceText(price)]);
  const accounts = providers.map(({ provider, dialect, baseUrl, key }) => [
    provider,
    dialect,
    key === undefined ? 'none needed' : `${key.variable}${key.set ? '' : ' is not set'}`,
    baseUrl,
    dialect === 'gateway' ? `${provider}/SURFACE or ${provider}/SURFACE/ID` : `${provider}/ID`,
  ]);
  return [
    ...(aliases.length === 0
      ? ['There is no endpoint in the configuration.']
      : tableLines([['ENDPOINT', 'USES', 'PRICE'], ...aliases])),
    '',
    ...tableLines([['PROVIDER', 'DIALECT', 'KEY', 'BASE URL', 'ITS ENDPOINTS'], ...accounts]),
  ].join('\n');
}

function priceText(price: Listed['endpoints'][number]['price']): string {
  if (price === undefined) return '';
  return 'perJob' in price ? `$${price.perJob} a job` : `$${price.perSecond} a second`;
}
