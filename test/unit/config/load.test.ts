import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, mappingOf, resolveEndpoints } from '../../../config/index.js';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const RUNPOD = `providers:\n  runpod: { dialect: runpod, apiKey: "\${RUNPOD_API_KEY}" }\n`;

async function load(yaml: string) {
  await writeFile(path.join(cwd, 'jobrelay.yaml'), yaml);
  return loadConfig({ env: {}, cwd });
}

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const error = await load(yaml).catch((reason: unknown) => reason);
  if (error instanceof ConfigError) return error.problems;
  throw new Error('the configuration was taken', { cause: error });
}

describe('without a file', () => {
  it('knows the emulator of this machine alone', async () => {
    expect(await loadConfig({ env: {}, cwd })).toEqual({
      providers: { local: { name: 'local', dialect: 'runpod', baseUrl: 'http://127.0.0.1:8080/v2' } },
      defaults: {},
      endpoints: {},
      artifacts: { driver: 'file', path: path.join(cwd, '.jobrelay', 'artifacts') },
      secrets: [],
    });
  });

  it('knows RunPod where its key is set, by the name of the variable', async () => {
    const config = await loadConfig({ env: { RUNPOD_API_KEY: 'sk-secret' }, cwd });
    expect(config.providers.runpod).toEqual({
      name: 'runpod',
      dialect: 'runpod',
      baseUrl: 'https://api.runpod.ai/v2',
      apiKeyEnv: 'RUNPOD_API_KEY',
    });
    expect(JSON.stringify(config)).not.toContain('sk-secret');
  });

  it.each([
    [
      { emulatorUrl: 'http://127.0.0.1:9001/' },
      { JOBRELAY_EMULATOR_URL: 'http://127.0.0.1:9002' },
      'http://127.0.0.1:9001/v2',
    ],
    [{}, { JOBRELAY_EMULATOR_URL: 'http://127.0.0.1:9002' }, 'http://127.0.0.1:9002/v2'],
    [{}, { JOBRELAY_EMULATOR_URL: '' }, 'http://127.0.0.1:8080/v2'],
  ])('finds the emulator by %j and %j', async (options, env, expected) => {
    expect((await loadConfig({ ...options, env, cwd })).providers.local?.baseUrl).toBe(expected);
  });

  it('refuses an address of the emulator that is no URL', async () => {
    await expect(loadConfig({ env: { JOBRELAY_EMULATOR_URL: 'localhost:8080' }, cwd })).rejects.toThrow(
      'the address of the emulator (JOBRELAY_EMULATOR_URL) must be like http://127.0.0.1:8080',
    );
  });

  it('keeps artifacts in the state folder', async () => {
    const { artifacts } = await loadConfig({ env: {}, cwd, stateDir: 'state' });
    expect(artifacts).toEqual({ driver: 'file', path: path.join(cwd, 'state', 'artifacts') });
  });
});

describe('the choice of the file', () => {
  it('prefers the one that is given, then the variable, then the one in the folder', async () => {
    for (const name of ['given', 'variable', 'jobrelay']) {
      await writeFile(path.join(cwd, `${name}.yaml`), `version: 1\nendpoints: { ${name}: local/x }`);
    }
    const env = { JOBRELAY_CONFIG: 'variable.yaml' };
    const aliases = async (options: object) => Object.keys((await loadConfig({ env: {}, cwd, ...options })).endpoints);
    expect(await aliases({ env, file: 'given.yaml' })).toEqual(['given']);
    expect(await aliases({ env })).toEqual(['variable']);
    expect(await aliases({})).toEqual(['jobrelay']);
  });

  it('says which named file is not there', async () => {
    await expect(loadConfig({ env: {}, cwd, file: 'no.yaml' })).rejects.toThrow(
      'configuration file no.yaml does not exist',
    );
    await expect(loadConfig({ env: { JOBRELAY_CONFIG: 'no.yaml' }, cwd })).rejects.toThrow(
      'configuration file no.yaml (named by JOBRELAY_CONFIG) does not exist',
    );
    await expect(loadConfig({ env: {}, cwd, file: '.' })).rejects.toThrow(
      'configuration file . is a folder; name the file in it',
    );
  });
});

describe('a file', () => {
  it('is read with everything filled in', async () => {
    const config = await load(`version: 1
${RUNPOD}  lan: { dialect: runpod, baseUrl: "http://10.0.0.7:9000/v2/" }
defaults: { timeouts: { queue: 2m }, retry: { handler: 1 } }
endpoints:
  whisper:
    use:
      - runpod/abc123
      - { id: lan/w, model: whisper-large }
    price: { perSecond: 0.00034 }
    outputSchema: { type: object, required: [text] }
    timeouts: { run: 90s, total: 3600000 }
    onAmbiguousSubmit: fail
    allowEmptyInput: true
  draw: local/draw
  one: { use: lan/one, price: { perJob: 0.01 } }
artifacts: { driver: file, path: ./kept }
secrets: [HF_TOKEN]
`);
    expect(config).toEqual({
      file: path.join(cwd, 'jobrelay.yaml'),
      providers: {
        local: { name: 'local', dialect: 'runpod', baseUrl: 'http://127.0.0.1:8080/v2' },
        runpod: { name: 'runpod', dialect: 'runpod', baseUrl: 'https://api.runpod.ai/v2', apiKeyEnv: 'RUNPOD_API_KEY' },
        lan: { name: 'lan', dialect: 'runpod', baseUrl: 'http://10.0.0.7:9000/v2' },
      },
      defaults: { timeouts: { queueMs: 120_000 }, retry: { handler: 1 } },
      endpoints: {
        whisper: {
          alias: 'whisper',
          use: [
            { endpoint: 'whisper', provider: 'runpod', endpointId: 'abc123' },
            { endpoint: 'whisper', provider: 'lan', endpointId: 'w', model: 'whisper-large' },
          ],
          price: { perSecond: 0.00034 },
          outputSchema: { type: 'object', required: ['text'] },
          timeouts: { runMs: 90_000, totalMs: 3_600_000 },
          onAmbiguousSubmit: 'fail',
          allowEmptyInput: true,
        },
        draw: { alias: 'draw', use: [{ endpoint: 'draw', provider: 'local', endpointId: 'draw' }] },
        one: { alias: 'one', use: [{ endpoint: 'one', provider: 'lan', endpointId: 'one' }], price: { perJob: 0.01 } },
      },
      artifacts: { driver: 'file', path: path.join(cwd, 'kept') },
      secrets: ['HF_TOKEN'],
    });
  });

  it('keeps artifacts beside itself, wherever the command was started', async () => {
    await mkdir(path.join(cwd, 'deep'));
    await writeFile(path.join(cwd, 'deep', 'jobrelay.yaml'), 'version: 1');
    const { artifacts } = await loadConfig({ env: {}, cwd, file: 'deep/jobrelay.yaml' });
    expect(artifacts).toEqual({ driver: 'file', path: path.join(cwd, 'deep', '.jobrelay', 'artifacts') });
  });

  it('finds the folder of pipelines beside itself, wherever it is called from', async () => {
    await mkdir(path.join(cwd, 'deep'), { recursive: true });
    await writeFile(path.join(cwd, 'deep', 'jobrelay.yaml'), 'version: 1\npipelines: ./pipelines\n');
    const { pipelines } = await loadConfig({ env: {}, cwd, file: 'deep/jobrelay.yaml' });
    expect(pipelines).toBe(path.join(cwd, 'deep', 'pipelines'));
  });

  it('may give the provider local another address', async () => {
    const config = await load(
      'version: 1\nproviders: { local: { dialect: runpod, baseUrl: "http://127.0.0.1:7000/v2" } }',
    );
    expect(config.providers.local?.baseUrl).toBe('http://127.0.0.1:7000/v2');
  });

  it('has no names but its own', async () => {
    const config = await load('version: 1');
    expect(config.providers.constructor).toBeUndefined();
    expect(config.endpoints.toString).toBeUndefined();
  });
});

describe('the mapping of an entry', () => {
  const using = (...entries: readonly string[]) =>
    `version: 1\nendpoints:\n  e:\n    use:\n      - ${entries.join('\n      - ')}\n`;

  it('is kept with the entry, and stays out of what a run is told', async () => {
    const config = await load(
      using('local/a', `{ id: local/b, model: m, input: { url: "{% $input.audio %}" }, output: "{% $output.text %}" }`),
    );
    const b = { endpoint: 'e', provider: 'local', endpointId: 'b' };
    expect(mappingOf(config, b)).toMatchObject({ input: { url: '{% $input.audio %}' }, output: '{% $output.text %}' });
    expect(mappingOf(config, { ...b, endpointId: 'a' }).input).toBeUndefined();
    expect(mappingOf(config, { ...b, endpointId: 'removed' })).toEqual({});
    expect(mappingOf(config, { ...b, endpoint: 'local/b' })).toEqual({});
    expect(resolveEndpoints(config, 'e')).toEqual([
      { ...b, endpointId: 'a' },
      { ...b, model: 'm' },
    ]);
  });

  it.each([
    [
      `{ id: local/a, input: "{% $input. %}" }`,
      /^jobrelay\.yaml:5:24: endpoints\.e\.use\[0\]\.input: does not parse: .* \(near character/,
    ],
    [
      `{ id: local/a, input: { deep: ["{% 1 + %}"] } }`,
      /^jobrelay\.yaml:5:\d+: endpoints\.e\.use\[0\]\.input\.deep\[0\]: does not parse/,
    ],
    [`{ id: local/a, input: "{% %}" }`, /input: the expression is empty/],
    [`{ id: local/a, input: "a {% $input %}" }`, /input: mixes text and expressions/],
    [`{ id: local/a, input: plain }`, /input: must be an expression \{% … %\}, or a map/],
    [`{ id: local/a, input: [1] }`, /input: must be an expression \{% … %\}, or a map/],
    [
      `{ id: local/a, input: "{% $output.a %}" }`,
      /\$output is not known here: a mapping of the input reads \$input alone/,
    ],
    [
      `{ id: local/a, output: "{% $steps.a.output %}" }`,
      /\$steps is not known here: a mapping of the output reads \$output/,
    ],
    [`{ id: local/a, output: "{% $input.a %}" }`, /\$input is not known here/],
  ])('is refused when the file is loaded: %s', async (entry, problem) => {
    expect(await problemsOf(using(entry))).toEqual([expect.stringMatching(problem)]);
  });

  it('may name variables of its own as it likes', async () => {
    const source = '( $steps := 1; $map($output, function($item, $index) { $item + $index + $steps }) )';
    expect((await load(using(`{ id: local/a, output: "{% ${source} %}" }`))).endpoints.e?.use).toHaveLength(1);
  });

  it('is refused where another entry has the same id', async () => {
    expect(await problemsOf(using('local/a', '{ id: local/a, output: "{% $output.a %}" }'))).toEqual([
      'jobrelay.yaml:6:9: endpoints.e.use[1]: local/a stands here twice, and has an input, output or capture of its own: give the second an alias of its own',
    ]);
    expect((await load(using('{ id: local/a, model: x }', '{ id: local/a, model: y }'))).endpoints.e?.use).toHaveLength(
      2,
    );
  });
});

describe('a wrong file', () => {
  it('is told all that is wrong with it, in its order', async () => {
    const problems = await problemsOf(`version: 2
provider: {}
providers:
  runpod: { dialect: runpod, apiKey: sk-secret }
  later: { dialect: gateway, apiKey: "\${GW_KEY}" }
  "a b": { dialect: runpod, baseUrl: ftp://x }
  bare: { dialect: runpod }
defaults: { timeouts: { queue: 5x, run: [1] }, retry: { platform: 1.5, queue: -1 } }
endpoints:
  draw:
    use: [runpd/abc, nothing, { id: local/x, modle: m, input: {} }, 5]
    price: { perSecond: 1, perJob: 2 }
    timeout: 5m
  empty: {}
  none: { use: [] }
  name: "\${WHERE}/x"
artifacts: { driver: tape }
pipelines: [./pipelines]
secrets: ["not a name"]
`);
    expect(problems.join('\n')).toBe(
      [
        'jobrelay.yaml:1:1: version: must be 1',
        'jobrelay.yaml:2:1: provider: unknown field (did you mean providers?)',
        `jobrelay.yaml:4:30: providers.runpod.apiKey: must name an environment variable, as "\${RUNPOD_API_KEY}": keys do not belong in this file`,
        'jobrelay.yaml:5:3: providers.later.baseUrl: is missing: a gateway has no address of its own, so write it, up to and with /v1/runpod',
        'jobrelay.yaml:6:3: providers["a b"]: a name begins with a letter and goes on with letters, digits, _ and -',
        `jobrelay.yaml:7:3: providers.bare.apiKey: is missing: write apiKey: "\${RUNPOD_API_KEY}"`,
        'jobrelay.yaml:8:25: defaults.timeouts.queue: "5x" is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most 7 days',
        'jobrelay.yaml:8:36: defaults.timeouts.run: must be a duration like "90s", "5m" or "1h", or milliseconds as a number',
        'jobrelay.yaml:8:57: defaults.retry.platform: must be a whole number',
        'jobrelay.yaml:8:72: defaults.retry.queue: must be at least 0',
        'jobrelay.yaml:11:11: endpoints.draw.use[0]: provider "runpd" is not in this file (known: local, runpod, later, a b, bare)',
        'jobrelay.yaml:11:22: endpoints.draw.use[1]: must be provider/endpointId',
        'jobrelay.yaml:11:46: endpoints.draw.use[2].modle: unknown field (did you mean model?)',
        'jobrelay.yaml:11:69: endpoints.draw.use[3]: must be provider/endpointId, or a map with id, model, input, output and capture',
        'jobrelay.yaml:12:5: endpoints.draw.price: must hold either perSecond or perJob, in US dollars',
        'jobrelay.yaml:13:5: endpoints.draw.timeout: unknown field (did you mean timeouts?)',
        'jobrelay.yaml:14:3: endpoints.empty.use: is missing',
        'jobrelay.yaml:15:11: endpoints.none.use: must not be empty',
        'jobrelay.yaml:16:3: endpoints.name: environment variables are read in apiKey, webhooks.secret, artifactServer.token, limits.store.redis and the keys of artifacts alone: write the value itself',
        'jobrelay.yaml:16:3: endpoints.name: must be provider/endpointId',
        'jobrelay.yaml:17:14: artifacts.driver: must be file or s3',
        'jobrelay.yaml:18:1: pipelines: must be text, not a list',
        'jobrelay.yaml:19:11: secrets[0]: must be the name of an environment variable',
      ].join('\n'),
    );
  });

  it.each([
    ['', 'jobrelay.yaml:1:1: must be a map, not empty'],
    ['- a', 'jobrelay.yaml:1:1: must be a map, not a list'],
    ['{}', 'jobrelay.yaml:1:1: version: is missing'],
    ['version: 1\nproviders: [a]', 'jobrelay.yaml:2:1: providers: must be a map, not a list'],
    [
      'version: 1\n\tproviders: {}',
      'jobrelay.yaml:2:1: a tab in the indentation: YAML allows only spaces there, so replace the tab by spaces',
    ],
    [
      'version: 1\nproviders: { x: { dialect: odd, baseUrl: "http://127.0.0.1" } }',
      'jobrelay.yaml:2:19: providers.x.dialect: is not a known dialect (known: runpod, submodel, gateway)',
    ],
    [
      'version: 1\nproviders: { x: { baseUrl: "http://127.0.0.1" } }',
      'jobrelay.yaml:2:14: providers.x.dialect: is missing',
    ],
  ])('is refused: %j', async (yaml, expected) => {
    expect(await problemsOf(yaml)).toEqual([expected]);
  });

  it.each([
    'apiKey: sk-secret',
    `apiKey: "Bearer \${KEY} sk-secret"`,
    `apiKey: "\${sk-secret}"`,
    'apiKey: [sk-secret]',
    'baseUrl: "https://user:sk-secret@gw.example"',
    'baseUrl: "https://gw.example?key=sk-secret"',
    'apiKey: "sk-secret',
  ])('never shows a secret that stands in it: %s', async (field) => {
    const problems = await problemsOf(`version: 1\nproviders:\n  p:\n    dialect: runpod\n    ${field}\n`);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('sk-secret');
  });
});
