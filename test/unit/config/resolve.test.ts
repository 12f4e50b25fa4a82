import { describe, expect, it } from 'vitest';
import {
  ApiKeyMissing,
  apiKeyFor,
  type Config,
  DEFAULTS,
  estimateCostUsd,
  type ProviderConfig,
  resolveEndpoints,
  settingsFor,
  UnknownEndpoint,
} from '../../../config/index.js';

const provider = (name: string, rest: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name,
  dialect: 'runpod',
  baseUrl: 'https://api.runpod.ai/v2',
  ...rest,
});

const config: Config = {
  file: '/srv/jobrelay.yaml',
  providers: { local: provider('local'), runpod: provider('runpod') },
  defaults: { timeouts: { queueMs: 1_000, runMs: 1_000 }, retry: { platform: 9 } },
  endpoints: {
    draw: {
      alias: 'draw',
      use: [
        { endpoint: 'draw', provider: 'runpod', endpointId: 'abc' },
        { endpoint: 'draw', provider: 'local', endpointId: 'draw', model: 'sdxl' },
      ],
      timeouts: { runMs: 2_000 },
      retry: { handler: 2 },
      onAmbiguousSubmit: 'fail',
      price: { perSecond: 0.5 },
    },
    sheet: {
      alias: 'sheet',
      use: [{ endpoint: 'sheet', provider: 'local', endpointId: 'sheet' }],
      timeouts: { runMs: 3_000, totalMs: 4_000 },
      price: { perJob: 0.02 },
    },
  },
  artifacts: { driver: 'file', path: '/srv/artifacts' },
  secrets: [],
};
const empty: Config = {
  providers: { local: provider('local') },
  defaults: {},
  endpoints: {},
  artifacts: config.artifacts,
  secrets: [],
};

describe('resolveEndpoints', () => {
  it('puts the uses of an alias in its place, in order', () => {
    expect(resolveEndpoints(config, ['local/echo', 'draw'])).toEqual([
      { endpoint: 'local/echo', provider: 'local', endpointId: 'echo' },
      ...(config.endpoints.draw?.use ?? []),
    ]);
  });

  it.each([
    [
      config,
      'sdxl',
      'endpoint "sdxl" is not in jobrelay.yaml (known: draw, sheet; or write provider/endpointId with a provider of: local, runpod)',
    ],
    [
      config,
      'constructor',
      'endpoint "constructor" is not in jobrelay.yaml (known: draw, sheet; or write provider/endpointId with a provider of: local, runpod)',
    ],
    [
      config,
      'runpod/a/../b',
      'endpoint "runpod/a/../b" is not in jobrelay.yaml (known: draw, sheet; or write provider/endpointId with a provider of: local, runpod)',
    ],
    [
      config,
      'runpd/abc',
      'endpoint "runpd/abc": provider "runpd" is not in jobrelay.yaml (did you mean runpod? known: local, runpod)',
    ],
    [
      empty,
      'sdxl',
      'endpoint "sdxl" is not in jobrelay.yaml (there is no such file; write provider/endpointId with a provider of: local)',
    ],
    [
      empty,
      'runpod/abc',
      'endpoint "runpod/abc": provider "runpod" is not in jobrelay.yaml (known: local; set RUNPOD_API_KEY to have it)',
    ],
  ])('refuses what is not configured (%#)', (given, name, message) => {
    expect(() => resolveEndpoints(given, name)).toThrow(new UnknownEndpoint(name, message));
  });
});

describe('settingsFor', () => {
  it('takes the published defaults where nothing else is said', () => {
    expect(settingsFor(empty, 'local/echo')).toEqual({
      timeouts: { queueMs: 300_000, runMs: 600_000 },
      retry: { platform: 3, queue: 1, handler: 0, backoff: { firstMs: 1_000, maxMs: 30_000 } },
      onAmbiguousSubmit: 'resubmit',
    });
  });

  it('goes field by field from the step over the pipeline, the alias and the file to the built-in ones', () => {
    const step = { retry: { handler: 5, backoff: { maxMs: 5 } } };
    const pipeline = {
      retry: { handler: 6, queue: 6, backoff: { firstMs: 6, maxMs: 6 } },
      timeouts: { totalMs: 6_000 },
    };
    expect(settingsFor(config, 'draw', step, pipeline)).toEqual({
      timeouts: { queueMs: 1_000, runMs: 2_000, totalMs: 6_000 },
      retry: { platform: 9, queue: 6, handler: 5, backoff: { firstMs: 6, maxMs: 5 } },
      onAmbiguousSubmit: 'fail',
    });
  });

  it('prefers the alias that is named first', () => {
    expect(settingsFor(config, ['draw', 'sheet']).timeouts).toEqual({ queueMs: 1_000, runMs: 2_000, totalMs: 4_000 });
    expect(settingsFor(config, ['sheet', 'draw']).timeouts).toEqual({ queueMs: 1_000, runMs: 3_000, totalMs: 4_000 });
  });

  it('changes neither the defaults nor the configuration', () => {
    settingsFor(config, 'draw', { timeouts: { queueMs: 5 } });
    expect(DEFAULTS.timeouts).toEqual({ queueMs: 300_000, runMs: 600_000 });
    expect(config.defaults.timeouts).toEqual({ queueMs: 1_000, runMs: 1_000 });
  });
});

it('estimates a cost by second or by job, where a price is known', () => {
  expect(estimateCostUsd(config, 'draw', 3_000)).toBeCloseTo(1.5);
  expect(estimateCostUsd(config, 'sheet', 3_000)).toBe(0.02);
  expect(estimateCostUsd(config, 'local/echo', 3_000)).toBeUndefined();
});

describe('apiKeyFor', () => {
  const keyed = provider('runpod', { apiKeyEnv: 'RUNPOD_API_KEY' });

  it('reads the named variable', () => {
    expect(apiKeyFor(keyed, { RUNPOD_API_KEY: ' sk-1\n' })).toBe('sk-1');
  });

  it.each([{}, { RUNPOD_API_KEY: '' }, { RUNPOD_API_KEY: ' ' }])('names the variable that is missing: %j', (env) => {
    expect(() => apiKeyFor(keyed, env)).toThrow(new ApiKeyMissing('runpod', 'RUNPOD_API_KEY'));
  });

  it.each([
    ['http://127.0.0.1:8080/v2', 'local'],
    ['http://localhost:8080/v2', 'local'],
    ['http://[::1]:8080/v2', 'local'],
    ['http://10.0.0.7/v2', undefined],
    ['http://127.0.0.1.example/v2', undefined],
  ])('gives a placeholder to this machine alone: %s', (baseUrl, expected) => {
    expect(apiKeyFor(provider('p', { baseUrl }), {})).toBe(expected);
  });
});
