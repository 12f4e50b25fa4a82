import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configFromFile } from '../../../config/build.js';
import { ConfigError, parseYaml } from '../../../config/index.js';
import { checkDefinition } from '../../../definition/index.js';
import { JSON_SCHEMAS, type JsonSchema } from '../../../schemas/json-schemas.js';
import { config } from '../definition/config.js';

// A keyword that JSON Schema does not know is an error, so no mark of ours is left over.
const ajv = new Ajv({ strictSchema: true, strictTypes: false, validateFormats: false });
const bySchema = { jobrelay: ajv.compile(JSON_SCHEMAS.jobrelay), pipeline: ajv.compile(JSON_SCHEMAS.pipeline) };
const root = new URL('../../../', import.meta.url);

/** What the full check says, of the text of a file. */
const byCheck = {
  jobrelay(text: string): boolean {
    const surroundings = { env: {}, emulatorUrl: 'http://127.0.0.1:8080' };
    try {
      configFromFile(parseYaml(text, 'jobrelay.yaml'), '/project/jobrelay.yaml', surroundings);
      return true;
    } catch (error) {
      if (error instanceof ConfigError) return false;
      throw error;
    }
  },
  async pipeline(text: string): Promise<boolean> {
    const source = parseYaml(text, 'pipeline.yaml');
    return (await checkDefinition({ definition: source.value as never, source }, config)).length === 0;
  },
};

async function verdicts(kind: keyof typeof bySchema, text: string) {
  const validate: ValidateFunction = bySchema[kind];
  return { check: await byCheck[kind](text), schema: validate(parse(text)) };
}

const step = (fields: string) => `{ version: 1, steps: { a: { ${fields} } } }`;
const job = (fields: string) => step(`endpoint: draw, input: { x: 1 }, ${fields}`);
const within = (fields: string) => step(`pipeline: ${step(fields)}`);
const schema = (fields: string) => `{ version: 1, input: ${fields}, steps: { a: { set: 1 } } }`;
const INNER = step('set: 1');
const endpoint = (fields: string) =>
  `{ version: 1, providers: { p: { dialect: runpod, baseUrl: "https://p.example/v2" } }, endpoints: { e: ${fields} } }`;
const provider = (fields: string) => `{ version: 1, providers: { p: ${fields} } }`;

const webhooks = (fields: string, publicUrl = 'https://h.example/x/', secret = `\${SECRET}`) =>
  `{ version: 1, webhooks: { publicUrl: "${publicUrl}", secret: "${secret}", ${fields} } }`;

const GOOD = {
  pipeline: [
    step('endpoint: draw, input: { x: 1 }'),
    step('endpoint: [draw, local/x], input: "{% $input %}"'),
    step('endpoint: nightly'),
    within('set: 1'),
    within(`pipeline: ${INNER}`),
    step(`pipeline: ${INNER}, input: { x: "{% $item %}" }, forEach: [1], timeouts: { total: 1h }, onError: continue`),
    step('set: 1'),
    step('set: null'),
    step('set: { deep: ["{% $input.x %}"] }, when: false'),
    step('set: "{% $item %}", forEach: [1, 2], when: " {% true %} "'),
    job('forEach: "{% $input.xs %}", concurrency: 1, tolerate: 3'),
    job('forEach: [1], concurrency: 1000, tolerate: "100%"'),
    job('forEach: [1], tolerate: "2.5%"'),
    job('timeouts: { queue: 5m, run: 1.5h, total: 1000 }'),
    job('hedge: { after: 30s }'),
    job('hedge: off'),
    job(
      'retry: { platform: 0, queue: 100, backoff: { first: 1s, max: 5000 } }, onAmbiguousSubmit: fail, stream: events',
    ),
    job('policy: { lowPriority: true }, model: m, onError: continue'),
    job('onError: { output: { text: "{% $error.message %}" } }'),
    step('set: 1, onError: { output: null }'),
    step('approval: {}'),
    step('approval: { message: "Publish?", timeout: 365d, onTimeout: approve, onReject: fail }, when: true'),
    step('approval: { message: { image: "{% $item %}" } }, forEach: [1], tolerate: 1'),
    job('outputSchema: { type: object, properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: {} } }'),
    schema('{ enum: [1, 1], properties: { a: { enum: [b, b] } } }'),
    schema('{ $schema: "http://json-schema.org/draft-07/schema#", enum: [1, 1] }'),
    schema('{ additionalItems: 5 }'),
    '{ version: 1, name: n, input: {}, defaults: { timeouts: { run: 5s } }, steps: { a: { set: 1 } }, output: "{% $steps.a.output %}" }',
    '{ version: 1, steps: { a: { set: 1 }, bC_2: { set: 1, needs: [a] } }, output: null }',
  ],
  jobrelay: [
    '{ version: 1 }',
    '{ version: 1, reap: off }',
    '{ version: 1, reap: { every: 15m } }',
    provider(`{ dialect: runpod, apiKey: "\${KEY_1}" }`),
    provider('{ dialect: runpod, baseUrl: "http://127.0.0.1:1/v2/" }'),
    provider(`{ dialect: submodel, apiKey: "\${KEY}", auth: { header: Authorization, value: "Bearer {key}" } }`),
    provider(`{ dialect: submodel, apiKey: "\${KEY}", auth: { header: x-token } }`),
    provider('{ dialect: gateway, baseUrl: "https://gw.example/v1/runpod" }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { statusSync: false, status: { method: POST } } }'),
    provider(
      '{ dialect: runpod, baseUrl: "http://x", operations: { run: { path: /run }, stream: { path: "/s/{jobId}" } } }',
    ),
    '{ version: 1, providers: { g: { dialect: gateway, baseUrl: "http://x" } }, endpoints: { e: { use: [g/images, g/chat/abc] } } }',
    endpoint('p/abc'),
    endpoint('{ use: p/abc }'),
    endpoint('{ use: { id: p/abc, model: m } }'),
    endpoint('{ use: [p/a, { id: p/b, input: "{% $input.x %}", output: { y: "{% $output.y %}" } }] }'),
    '{ version: 1, pipelines: ./pipelines }',
    webhooks(''),
    webhooks('listen: "0.0.0.0:8090", backstop: 30s, adopt: 600000'),
    webhooks('listen: "[::1]:8090"'),
    provider('{ dialect: runpod, baseUrl: "http://x", webhooks: false }'),
    endpoint('{ use: [p/abc, local/x.y-z], price: { perSecond: 0 }, allowEmptyInput: true, timeouts: { queue: 1d } }'),
    endpoint('{ use: p/a, circuit: { failures: 3, window: 2m, open: 1s, maxOpen: 1m } }'),
    endpoint('{ use: p/a, circuit: off }'),
    endpoint('{ use: p/a, hedge: { after: 30s, max: 2 } }'),
    endpoint('{ use: p/a, outputSchema: { type: object, required: [text] }, retry: { handler: 1 } }'),
    '{ version: 1, defaults: { retry: { queue: 2 }, onAmbiguousSubmit: resubmit }, artifacts: { path: a }, secrets: [HF_TOKEN] }',
    `{ version: 1, artifacts: { driver: s3, bucket: abc, prefix: a/b, endpoint: "http://h", accessKeyId: "\${I}", secretAccessKey: "\${K}" } }`,
  ],
} as const;

const BAD = {
  pipeline: [
    '{ steps: { a: { set: 1 } } }',
    '{ version: 2, steps: { a: { set: 1 } } }',
    '{ version: 1 }',
    '{ version: 1, steps: {} }',
    '{ version: 1, steps: [] }',
    '{ version: 1, steps: { A: { set: 1 } } }',
    '{ version: 1, steps: { a-b: { set: 1 } } }',
    '{ version: 1, name: "", steps: { a: { set: 1 } } }',
    '{ version: 1, input: 5, steps: { a: { set: 1 } } }',
    '{ version: 1, input: { type: strange }, steps: { a: { set: 1 } } }',
    '{ version: 1, defaults: { onError: fail }, steps: { a: { set: 1 } } }',
    '{ version: 1, stpes: {}, steps: { a: { set: 1 } } }',
    step(''),
    step('input: { x: 1 }'),
    step('set: 1, endpoint: draw, input: { x: 1 }'),
    step('set: 1, timeouts: { run: 5m }'),
    step('set: 1, model: m'),
    step('set: 1, concurrency: 2'),
    step('set: 1, tolerate: 0'),
    step('set: 1, when: "true"'),
    step('set: 1, when: 1'),
    step('set: 1, forEach: items'),
    step('set: 1, forEach: { a: 1 }'),
    step('set: 1, needs: a'),
    step('endpoint: [], input: { x: 1 }'),
    step('endpoint: "", input: { x: 1 }'),
    step('endpoint: draw, input: text'),
    step('endpoint: draw, input: [1]'),
    step('pipeline: 5'),
    step('pipeline: "other.yaml"'),
    step('pipeline: { version: 1 }'),
    within('set: 1, endpoint: draw'),
    step(`pipeline: ${INNER}, retry: { handler: 1 }`),
    step(`pipeline: ${INNER}, timeouts: { run: 5m }`),
    step(`pipeline: ${INNER}, set: 1`),
    step(`pipeline: ${INNER}, input: text`),
    step(`pipeline: ${INNER}, input: null`),
    step('endpoint: draw, input: null'),
    schema('{ enum: [] }'),
    schema('{ $schema: "http://json-schema.org/draft-07/schema#", enum: [] }'),
    schema('{ required: [a, a] }'),
    job('forEach: [1], concurrency: 0'),
    job('forEach: [1], concurrency: 1.5'),
    job('forEach: [1], tolerate: -1'),
    job('forEach: [1], tolerate: "101%"'),
    job('forEach: [1], tolerate: "5"'),
    job('timeouts: { queue: 5 minutes }'),
    job('timeouts: { queue: 0 }'),
    job('timeouts: { wait: 5m }'),
    job('retry: { handler: 101 }'),
    job('retry: 3'),
    job('retry: { backoff: 1s }'),
    job('hedge: { max: 1 }'),
    job('hedge: { after: 30s, max: 6 }'),
    job('hedge: on'),
    job('onError: ignore'),
    job('onError: {}'),
    job('onError: { value: 1 }'),
    step('approval: true'),
    step('approval: { timeout: soon }'),
    step('approval: { onTimeout: ignore }'),
    step('approval: { onReject: reject }'),
    step('approval: { by: ada }'),
    step('approval: {}, set: 1'),
    step('approval: {}, endpoint: draw, input: { x: 1 }'),
    step('approval: {}, timeouts: { total: 1h }'),
    step('approval: {}, forEach: [1], concurrency: 2'),
    job('onAmbiguousSubmit: maybe'),
    job('stream: live'),
    job('outputSchema: true'),
    job('outputSchema: { required: 5 }'),
  ],
  jobrelay: [
    '{ version: 1, reap: never }',
    '{ version: 1, reap: { every: often } }',
    webhooks('listen: 8090'),
    webhooks('listen: "127.0.0.1"'),
    webhooks('backstop: soon'),
    webhooks('url: "https://h.example"'),
    '{ version: 1, webhooks: {} }',
    webhooks('', 'https://h.example', 'abc'),
    webhooks('', 'https://h.example?x=1'),
    webhooks('', 'h.example'),
    provider('{ dialect: runpod, baseUrl: "http://x", webhooks: 1 }'),
    '{}',
    '{ version: "1" }',
    '{ version: 1, provider: {} }',
    provider('{ dialect: runpod }'),
    provider(`{ apiKey: "\${KEY}" }`),
    provider('{ dialect: strange, baseUrl: "http://x" }'),
    provider(`{ dialect: gateway, apiKey: "\${KEY}" }`),
    provider('{ dialect: runpod, baseUrl: "http://x", auth: x-apikey }'),
    provider('{ dialect: runpod, baseUrl: "http://x", auth: {} }'),
    provider('{ dialect: runpod, baseUrl: "http://x", auth: { value: Bearer } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", auth: { header: "a b" } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { status: true } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { status: {} } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { status: { path: /status } } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { status: { method: PUT } } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { run: { method: GET } } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { requests: { path: /r } } }'),
    provider('{ dialect: runpod, apiKey: rpa_123 }'),
    provider(`{ dialect: runpod, apiKey: "key \${KEY}" }`),
    provider('{ dialect: runpod, baseUrl: "ftp://x" }'),
    provider('{ dialect: runpod, baseUrl: "https://x?a=1" }'),
    provider('{ dialect: runpod, baseUrl: "https://x", key: a }'),
    `{ version: 1, providers: { 1p: { dialect: runpod, apiKey: "\${KEY}" } } }`,
    endpoint('abc'),
    endpoint('5'),
    endpoint('{}'),
    endpoint('{ use: [] }'),
    endpoint('{ use: p }'),
    endpoint('{ use: { model: m } }'),
    endpoint('{ use: p/a, price: {} }'),
    endpoint('{ use: p/a, price: { perSecond: 1, perJob: 1 } }'),
    endpoint('{ use: p/a, price: { perJob: -1 } }'),
    endpoint('{ use: p/a, timeouts: { queue: soon } }'),
    endpoint('{ use: p/a, url: x }'),
    endpoint('{ use: { id: p/a, inputs: {} } }'),
    '{ version: 1, pipelines: [./pipelines] }',
    '{ version: 1, artifacts: { driver: s3 } }',
    '{ version: 1, artifacts: { driver: s3, bucket: abc, path: a } }',
    '{ version: 1, artifacts: { bucket: abc } }',
    `{ version: 1, artifacts: { driver: s3, bucket: abc, accessKeyId: "\${K}" } }`,
    '{ version: 1, artifacts: { path: "" } }',
    '{ version: 1, secrets: [1X] }',
    '{ version: 1, secrets: HF_TOKEN }',
  ],
} as const;

/** What needs more than a field and a pattern: the schema lets it pass, and the guides say so. */
const BEYOND = {
  pipeline: [
    step('endpoint: nobody, input: { x: 1 }'),
    step('endpoint: draw'),
    step('set: 1, needs: [b]'),
    step('set: "{% $ %% %}"'),
    step('set: "a {% 1 %}"'),
    job('timeouts: { run: 8d }'),
  ],
  jobrelay: [
    endpoint('q/abc'),
    endpoint(`{ use: p/a, model: m }`).replace(', model: m', `, timeouts: { run: 8d }`),
    provider('{ dialect: runpod, baseUrl: "https://user:word@x" }'),
    provider(`{ dialect: submodel, apiKey: "\${KEY}", operations: { retry: { method: POST } } }`),
    provider('{ dialect: runpod, baseUrl: "http://x", operations: { health: { path: "/{surface}" } } }'),
    provider('{ dialect: runpod, baseUrl: "http://x", auth: { header: Host } }'),
    endpoint('p/abc/def'),
    '{ version: 1, providers: { g: { dialect: gateway, baseUrl: "http://x" } }, endpoints: { e: g/draw } }',
    `{ version: 1, artifacts: { path: "\${HOME}" } }`,
  ],
} as const;

describe.each(['pipeline', 'jobrelay'] as const)('%s.schema.json', (kind) => {
  it.each(GOOD[kind])('takes what the check takes: %s', async (text) => {
    expect(await verdicts(kind, text)).toEqual({ check: true, schema: true });
  });

  it.each(BAD[kind])('refuses what the check refuses: %s', async (text) => {
    expect(await verdicts(kind, text)).toEqual({ check: false, schema: false });
  });

  it.each(BEYOND[kind])('leaves to the check: %s', async (text) => {
    expect(await verdicts(kind, text)).toEqual({ check: false, schema: true });
  });

  it('refers to nothing outside of itself, which an editor would have to fetch', () => {
    const references = JSON.stringify(JSON_SCHEMAS[kind]).match(/(?<="\$ref":")[^"]*/g) ?? [];
    expect(references.filter((target) => target !== '#' && !target.startsWith('#/definitions/'))).toEqual([]);
  });

  it('describes every field, with a default and examples that it takes itself', () => {
    for (const { path, field } of fieldsOf(JSON_SCHEMAS[kind], '')) {
      expect(field.description, path).toMatch(/^[A-Z].*[.:]/);
      const validate = ajv.compile({ ...field, definitions: JSON_SCHEMAS[kind].definitions });
      const shown = [...(field.default === undefined ? [] : [field.default]), ...(field.examples ?? [])];
      for (const value of shown) expect(validate(value), `${path}: ${JSON.stringify(value)}`).toBe(true);
    }
  });
});

describe('the files of this repository', () => {
  it.each([
    ['pipeline', 'examples/contact-sheet/pipeline.yaml'],
    ['jobrelay', 'deploy/jobrelay.yaml'],
  ] as const)('name the schema %s in their first line: %s', async (kind, path) => {
    const file = new URL(path, root);
    const text = await readFile(file, 'utf8');
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(fileURLToPath(new URL(named, file))).toBe(fileURLToPath(new URL(`schemas/${kind}.schema.json`, root)));
    bySchema[kind](parse(text));
    expect(bySchema[kind].errors).toBeNull();
  });
});

function fieldsOf(schema: JsonSchema, path: string): { readonly path: string; readonly field: JsonSchema }[] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  const named = Object.entries(properties).map(([name, field]) => ({ path: `${path}.${name}`, field }));
  const parts = [additionalProperties, items, ...anyOf].filter((part) => typeof part === 'object');
  return [
    ...(named as { path: string; field: JsonSchema }[]),
    ...named.flatMap(({ path: inner, field }) => (typeof field === 'object' ? fieldsOf(field, inner) : [])),
    ...parts.flatMap((part) => fieldsOf(part as JsonSchema, `${path}.*`)),
  ];
}
