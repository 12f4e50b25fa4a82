import { describe, expect, test } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { ConfigError, parseYaml, resolveEndpoints } from '../../../config/index.js';

const load = (yaml: string, env: Record<string, string> = {}) =>
  configFromFile(parseYaml(`version: 1\n${yaml}`, 'jobrelay.yaml'), '/project/jobrelay.yaml', {
    env,
    emulatorUrl: 'http://127.0.0.1:8080',
  });
const webhooks = (fields = '', publicUrl = 'https://hooks.example/x/', secret = `\${HOOKS}`) =>
  `webhooks: { publicUrl: "${publicUrl}", secret: "${secret}"${fields && `, ${fields}`} }\n`;

function problemsOf(yaml: string, env: Record<string, string> = {}): readonly string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('webhooks', () => {
  test('are off where the file does not name them', () => {
    expect(load('').webhooks).toBeUndefined();
    expect(resolveEndpoints(load(''), 'local/x')[0]).not.toHaveProperty('webhook');
  });

  test('need an address and a secret, and have defaults for the rest', () => {
    expect(load(webhooks()).webhooks).toEqual({
      listen: { host: '127.0.0.1', port: 8090 },
      publicUrl: 'https://hooks.example/x',
      secretEnv: 'HOOKS',
      backstopMs: 60_000,
      adoptMs: 120_000,
    });
  });

  test('listen where they are told to, and one process where its variable says', () => {
    expect(load(webhooks('listen: "[::1]:1"')).webhooks?.listen).toEqual({ host: '::1', port: 1 });
    const given = (value: string) => load(webhooks(), { JOBRELAY_WEBHOOKS_LISTEN: value }).webhooks?.listen;
    expect(given('0.0.0.0:99')).toEqual({ host: '0.0.0.0', port: 99 });
    expect(given('off')).toBe('off');
    expect(problemsOf(webhooks(), { JOBRELAY_WEBHOOKS_LISTEN: '99' })).toEqual([
      'JOBRELAY_WEBHOOKS_LISTEN must be an address and a port, as 127.0.0.1:8090, or off',
    ]);
  });

  test('are asked for by every target but those of a provider that is not to have any', () => {
    const config = load(
      [
        webhooks('adopt: 5m'),
        'providers: { lab: { dialect: runpod, baseUrl: "http://lab/v2", webhooks: false } }',
        'endpoints: { a: { use: [local/x, lab/y] } }',
      ].join('\n'),
    );
    expect(resolveEndpoints(config, ['a', 'local/z']).map(({ webhook }) => webhook)).toEqual([
      { adoptMs: 300_000 },
      undefined,
      { adoptMs: 300_000 },
    ]);
  });

  test.each([
    ['a secret as it is', webhooks('', 'https://h', 'abc'), 'must name an environment variable'],
    ['a port alone', webhooks('listen: "8090"'), 'must be an address and a port, as 127.0.0.1:8090'],
    ['a port that is none', webhooks('listen: "127.0.0.1:70000"'), 'must be an address and a port'],
    ['an address with a query', webhooks('', 'https://h/?a'), 'without ? and #'],
    ['an address with a password', webhooks('', 'https://a:b@h'), 'user or password'],
    ['another scheme', webhooks('', 'ftp://h'), 'must begin with https://'],
  ])('may not have %s', (_, yaml, message) => {
    expect(problemsOf(yaml)).toEqual([expect.stringContaining(message)]);
  });
});
