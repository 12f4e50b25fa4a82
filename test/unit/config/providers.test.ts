import { describe, expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { ConfigError, mappingOf, parseYaml, resolveEndpoints } from '../../../config/index.js';

const HEAD = 'version: 1\nproviders:\n';

function load(yaml: string) {
  const surroundings = { env: {}, emulatorUrl: 'http://127.0.0.1:8080' };
  return configFromFile(parseYaml(yaml, 'jobrelay.yaml'), '/srv/jobrelay.yaml', surroundings);
}

function problemsOf(yaml: string): readonly string[] {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('a provider', () => {
  it('is where its documents say, and a gateway where the file says', () => {
    const { providers } = load(
      `${HEAD}  sub: { dialect: submodel, apiKey: "\${SUB_KEY}" }\n  studio: { dialect: gateway, baseUrl: "https://gw.example/v1/runpod/", apiKey: "\${GW_KEY}" }\n`,
    );
    expect(providers.sub).toEqual({
      name: 'sub',
      dialect: 'submodel',
      baseUrl: 'https://api.submodel.ai/v1/sl',
      apiKeyEnv: 'SUB_KEY',
    });
    expect(providers.studio).toEqual({
      name: 'studio',
      dialect: 'gateway',
      baseUrl: 'https://gw.example/v1/runpod',
      apiKeyEnv: 'GW_KEY',
    });
  });

  it('may send its key, and have its operations, as its documents do not say', () => {
    const { providers } = load(`${HEAD}  sub:
    dialect: submodel
    apiKey: "\${SUB_KEY}"
    auth: { header: Authorization, value: "Bearer {key}" }
    operations:
      status: { method: GET }
      cancel: { path: "/{endpointId}/stop/{jobId}" }
      statusSync: false
`);
    expect(providers.sub).toMatchObject({
      auth: { header: 'Authorization', value: 'Bearer {key}' },
      operations: { status: { method: 'GET' }, cancel: { path: '/{endpointId}/stop/{jobId}' }, statusSync: false },
    });
  });

  it('is told all that is wrong with what is overridden, at its line and column', () => {
    expect(
      problemsOf(`${HEAD}  sub:
    dialect: submodel
    apiKey: "\${SUB_KEY}"
    auth: { header: "a b", value: Bearer sk-secret }
    operations:
      status: { path: "/status" }
      retry: { method: GET }
      health: { path: "/{surface}/health" }
      stream: { path: "stream/{jobId}" }
      run: { method: GET }
      metrics: { path: /metrics }
      cancel: true
`),
    ).toEqual([
      'jobrelay.yaml:6:13: providers.sub.auth.header: must be the name of a header, like x-apikey',
      'jobrelay.yaml:6:28: providers.sub.auth.value: must hold {key} once, where the key goes, like "Bearer {key}"',
      'jobrelay.yaml:12:14: providers.sub.operations.run.method: must be POST',
      'jobrelay.yaml:13:7: providers.sub.operations.metrics: unknown field (known: run, runSync, status, statusSync, stream, cancel, retry, purgeQueue, health)',
      'jobrelay.yaml:14:7: providers.sub.operations.cancel: must be a map with method and path, or false where there is none',
    ]);
    expect(
      problemsOf(`${HEAD}  sub:
    dialect: submodel
    apiKey: "\${SUB_KEY}"
    operations:
      status: { path: "/status" }
      retry: { method: GET }
      health: { path: "/{surface}/health" }
      stream: { path: "stream/{jobId}" }
`),
    ).toEqual([
      'jobrelay.yaml:7:17: providers.sub.operations.status.path: must hold {jobId}',
      'jobrelay.yaml:8:7: providers.sub.operations.retry: needs a path: SubModel documents no retry',
      'jobrelay.yaml:9:17: providers.sub.operations.health.path: {surface} is not known here (known: {endpointId})',
      'jobrelay.yaml:10:17: providers.sub.operations.stream.path: must be a path below the baseUrl, like /{endpointId}/health: with a slash before each part, and no query',
    ]);
  });
});

describe('an endpoint of a gateway', () => {
  const studio = `${HEAD}  studio: { dialect: gateway, baseUrl: "https://gw.example/v1/runpod" }\n`;
  const using = (...use: readonly string[]) =>
    `${studio}endpoints:\n  e:\n    use:\n      - ${use.join('\n      - ')}\n`;

  it('is a surface, or one endpoint behind it', () => {
    const config = load(using('studio/images', 'studio/images/abc'));
    expect(config.endpoints.e?.use.map(({ endpointId }) => endpointId)).toEqual(['images', 'images/abc']);
    expect(resolveEndpoints(config, 'studio/transcribe/w-1')).toEqual([
      { endpoint: 'studio/transcribe/w-1', provider: 'studio', endpointId: 'transcribe/w-1' },
    ]);
  });

  it.each([
    [
      'studio/draw',
      '"draw" can\'t be an endpoint of a gateway: it begins with none of the surfaces chat, images, embeddings, transcribe (write surface or surface/endpointId)',
    ],
    ['local/images/abc', '"images/abc" can\'t be an endpoint of RunPod: it would lead to another path'],
  ])('is refused where its provider can have none of its name: %s', (name, why) => {
    expect(problemsOf(using(name))).toEqual([`jobrelay.yaml:7:9: endpoints.e.use[0]: ${why}`]);
    expect(() => resolveEndpoints(load(studio), name)).toThrow(`endpoint "${name}": ${why}`);
  });

  it('is described to who names none', () => {
    expect(() => resolveEndpoints(load(studio), 'nothing')).toThrow(
      'with a provider of: local, studio (a gateway: studio/surface or studio/surface/endpointId))',
    );
  });

  it('is mapped as its surface is, whichever the gateway chose', () => {
    const config = load(using('local/x', '{ id: studio/images, output: "{% $output.url %}" }'));
    const chosen = { endpoint: 'e', provider: 'studio', endpointId: 'images/abc' };
    expect(mappingOf(config, chosen)).toMatchObject({ output: '{% $output.url %}' });
    expect(mappingOf(config, { ...chosen, endpointId: 'images2' }).output).toBeUndefined();
  });

  it('may not stand beside its surface where one of them maps', () => {
    expect(problemsOf(using('studio/images', '{ id: studio/images/abc, output: "{% $output.url %}" }'))).toEqual([
      'jobrelay.yaml:8:9: endpoints.e.use[1]: studio/images/abc may be the same as studio/images, and has an input, output or capture of its own: give the second an alias of its own',
    ]);
  });
});
