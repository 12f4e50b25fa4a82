import path from 'node:path';
import { DIALECT_NAMES, type DialectName } from '../job-api/dialects/index.js';
import { runpod } from '../job-api/dialects/runpod.js';
import { ARTIFACTS_LISTEN_DEFAULT, ARTIFACTS_LISTEN_VARIABLE } from './artifact-server.js';
import type { ArtifactsInFile } from './artifacts.js';
import { problemsOfCapture } from './capture.js';
import { checkShape, type Problem } from './closed-object.js';
import type { Config, EndpointConfig, ProviderConfig } from './config.js';
import { ConfigError } from './errors.js';
import { problemsOfLimits } from './limits.js';
import { listenOverride } from './listen.js';
import { type FileConfig, fileSchema } from './schema.js';
import { settingsLayer } from './settings.js';
import { LISTEN_DEFAULT, LISTEN_VARIABLE } from './webhooks.js';
import { problem, type YamlSource } from './yaml-source.js';

const STATE_DIR = '.jobrelay';

/** What the configuration takes from outside of its file. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emulatorUrl: string;
  /** Absolute. */
  readonly stateDir?: string;
}

/** The configuration where there is no file: the emulator, and RunPod where its key is set. Throws {@link ConfigError}. */
export function builtInConfig(surroundings: Surroundings, cwd: string): Config {
  const cloud = { name: 'runpod', dialect: 'runpod', baseUrl: runpod.baseUrl, apiKeyEnv: 'RUNPOD_API_KEY' } as const;
  return {
    providers: byName([localProvider(surroundings), ...(surroundings.env.RUNPOD_API_KEY ? [cloud] : [])], 'name'),
    defaults: {},
    endpoints: byName<EndpointConfig>([], 'alias'),
    artifacts: { driver: 'file', path: artifactsPath(undefined, surroundings, cwd) },
    secrets: [],
  };
}

/** The configuration that a file holds; `file` is its absolute path. Throws {@link ConfigError} with every problem. */
export function configFromFile(source: YamlSource, file: string, surroundings: Surroundings): Config {
  const schema = fileSchema(new Map([['local', 'runpod'], ...dialectsIn(source.value)]));
  const shape = checkShape(schema, source.value);
  const problems = [...misplacedVariables(source.value), ...('problems' in shape ? shape.problems : [])];
  if (!('value' in shape) || problems.length > 0) throw new ConfigError(inOrder(source, problems));

  const {
    providers = {},
    defaults = {},
    endpoints = {},
    artifacts,
    capture,
    artifactServer,
    pipelines,
    secrets = [],
    limits,
    webhooks,
    reap,
  } = shape.value;
  const { env } = surroundings;
  const named = Object.entries(providers).map(([name, given]) => providerConfig(name, given));
  const config = {
    providers: byName([...(Object.hasOwn(providers, 'local') ? [] : [localProvider(surroundings)]), ...named], 'name'),
    endpoints: byName(
      Object.entries(endpoints).map(([alias, given]) => endpointConfig(alias, given)),
      'alias',
    ),
  };
  const ofWhole = [
    ...problemsOfLimits(config.providers, config.endpoints),
    ...problemsOfCapture(config.endpoints, capture),
    ...(artifacts?.driver === 's3' ? [] : problemsOfAddresses(config.endpoints)),
  ];
  if (ofWhole.length > 0) throw new ConfigError(inOrder(source, ofWhole));
  return {
    file,
    ...config,
    defaults: settingsLayer(defaults),
    artifacts: storeSettings(artifacts, surroundings, path.dirname(file)),
    ...(capture !== undefined && { capture }),
    ...(pipelines !== undefined && { pipelines: path.resolve(path.dirname(file), pipelines) }),
    secrets,
    ...(webhooks !== undefined && {
      webhooks: { ...webhooks, ...listenOverride(LISTEN_VARIABLE, LISTEN_DEFAULT, env) },
    }),
    ...(artifactServer !== undefined && {
      artifactServer: {
        ...artifactServer,
        ...listenOverride(ARTIFACTS_LISTEN_VARIABLE, ARTIFACTS_LISTEN_DEFAULT, env),
      },
    }),
    ...(reap !== undefined && { reap }),
    ...(limits?.store !== undefined && { limitsRedisEnv: limits.store.redis }),
  };
}

type Given<Field extends 'providers' | 'endpoints'> = NonNullable<FileConfig[Field]>[string];

function localProvider({ emulatorUrl }: Surroundings): ProviderConfig {
  if (!/^https?:$/.test(URL.canParse(emulatorUrl) ? new URL(emulatorUrl).protocol : '')) {
    throw new ConfigError(['the address of the emulator (JOBRELAY_EMULATOR_URL) must be like http://127.0.0.1:8080']);
  }
  return { name: 'local', dialect: 'runpod', baseUrl: `${emulatorUrl.replace(/\/+$/, '')}/v2` };
}

function providerConfig(name: string, { apiKey, ...given }: Given<'providers'>): ProviderConfig {
  return { name, ...given, ...(apiKey !== undefined && { apiKeyEnv: apiKey }) };
}

function endpointConfig(alias: string, given: Given<'endpoints'>): EndpointConfig {
  const { use, price, outputSchema, allowEmptyInput, limits, capture, correlation, rehydrate, circuit, ...settings } =
    given;
  return {
    alias,
    use: use.map((target) => ({ endpoint: alias, ...target })),
    ...(price !== undefined && { price }),
    ...(outputSchema !== undefined && { outputSchema }),
    ...(allowEmptyInput !== undefined && { allowEmptyInput }),
    ...(limits !== undefined && { limits }),
    ...(capture !== undefined && { capture }),
    ...(correlation !== undefined && { correlation }),
    ...(rehydrate === 'url' && { rehydrate }),
    ...(circuit !== undefined && { circuit }),
    ...settingsLayer(settings),
  };
}

/** A record by one of the items' fields, without the keys that every object inherits. */
function byName<Item extends object>(items: readonly Item[], key: keyof Item & string): Readonly<Record<string, Item>> {
  return Object.assign(Object.create(null), Object.fromEntries(items.map((item) => [item[key], item])));
}

/** A file in a folder has no address that a provider could read. */
function problemsOfAddresses(endpoints: Config['endpoints']): readonly Problem[] {
  return Object.values(endpoints)
    .filter(({ rehydrate }) => rehydrate === 'url')
    .map(({ alias }) => ({
      path: ['endpoints', alias, 'rehydrate'],
      message: 'url needs artifacts in a bucket: write artifacts: { driver: s3, bucket: … }',
    }));
}

function storeSettings(
  inFile: ArtifactsInFile | undefined,
  surroundings: Surroundings,
  folder: string,
): Config['artifacts'] {
  if (inFile?.driver === 's3') return inFile;
  return { driver: 'file', path: artifactsPath(inFile?.path, surroundings, folder) };
}

function artifactsPath(inFile: string | undefined, { stateDir }: Surroundings, folder: string): string {
  if (inFile !== undefined) return path.resolve(folder, inFile);
  return path.join(stateDir ?? path.join(folder, STATE_DIR), 'artifacts');
}

/** `${NAME}` is read in `apiKey` alone; elsewhere it would be taken as it stands, which nobody means. */
function misplacedVariables(value: unknown, at: Problem['path'] = []): readonly Problem[] {
  if (typeof value === 'string' && value.includes('${') && !holdsVariable(at)) {
    return [
      {
        path: at,
        message:
          'environment variables are read in apiKey, webhooks.secret, artifactServer.token, limits.store.redis and the keys of artifacts alone: write the value itself',
      },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => misplacedVariables(item, [...at, index]));
  return Object.entries(value).flatMap(([key, item]) => misplacedVariables(item, [...at, key]));
}

const WITH_VARIABLE = new Set([
  'artifactServer.token',
  'artifacts.accessKeyId',
  'artifacts.secretAccessKey',
  'limits.store.redis',
  'webhooks.secret',
]);

function holdsVariable(at: Problem['path']): boolean {
  const isKey = at.length === 3 && at[0] === 'providers' && at[2] === 'apiKey';
  return isKey || WITH_VARIABLE.has(at.join('.'));
}

/** The providers of a file that is not checked yet, with the dialects of those that name one. */
function dialectsIn(value: unknown): readonly (readonly [string, DialectName | undefined])[] {
  return Object.entries(mapAt(value, 'providers')).map(([name, provider]) => {
    const { dialect } = Object(provider) as { readonly dialect?: unknown };
    return [name, DIALECT_NAMES.find((known) => known === dialect)];
  });
}

function mapAt(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return {};
  const inside: unknown = (value as Readonly<Record<string, unknown>>)[field];
  return typeof inside === 'object' && inside !== null ? { ...inside } : {};
}

function inOrder(source: YamlSource, problems: readonly Problem[]): readonly string[] {
  const placed = problems.map(({ path: at, message }) => ({
    ...source.locate(at),
    text: problem(source, at, message),
  }));
  return placed.sort((a, b) => a.line - b.line || a.column - b.column).map(({ text }) => text);
}
