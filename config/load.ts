import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { builtInConfig, configFromFile, type Surroundings } from './build.js';
import type { Config } from './config.js';
import { decodeText } from './decode-text.js';
import { ConfigError } from './errors.js';
import { parseYaml, YamlError } from './yaml-source.js';

const DEFAULT_FILE = 'jobrelay.yaml';

export interface LoadOptions {
  /** Path of the file, relative to `cwd`. Else `JOBRELAY_CONFIG`, else `jobrelay.yaml` in `cwd` if it is there. */
  readonly file?: string;
  /** Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: that of this process. */
  readonly cwd?: string;
  /** Folder of the embedded stack, relative to `cwd`; artifacts go into it unless the file says where. */
  readonly stateDir?: string;
  /** Where the provider `local` is. Else `JOBRELAY_EMULATOR_URL`, else port 8080 of this machine. */
  readonly emulatorUrl?: string;
}

/**
 * Reads and checks the configuration, or makes the built-in one where there is no file. Reads no key: see `apiKeyFor`.
 * Throws {@link ConfigError} with everything that is wrong.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const { env = process.env, cwd = process.cwd(), stateDir } = options;
  const surroundings: Surroundings = {
    env,
    emulatorUrl: options.emulatorUrl || env.JOBRELAY_EMULATOR_URL || 'http://127.0.0.1:8080',
    ...(stateDir !== undefined && { stateDir: path.resolve(cwd, stateDir) }),
  };
  const named = options.file ?? (env.JOBRELAY_CONFIG || undefined);
  const file = path.resolve(cwd, named ?? DEFAULT_FILE);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && named === undefined) return undefined;
    throw new ConfigError([unreadable(named ?? DEFAULT_FILE, options.file === undefined, error)]);
  });
  if (bytes === undefined) return builtInConfig(surroundings, cwd);
  return configFromFile(parse(bytes, named ?? DEFAULT_FILE), file, surroundings);
}

function parse(bytes: Uint8Array, name: string) {
  try {
    return parseYaml(decodeText(bytes, name), name);
  } catch (error) {
    if (error instanceof YamlError) throw new ConfigError([error.message]);
    throw error;
  }
}

function unreadable(name: string, byVariable: boolean, error: NodeJS.ErrnoException): string {
  const origin = byVariable && name !== DEFAULT_FILE ? ' (named by JOBRELAY_CONFIG)' : '';
  if (error.code === 'ENOENT') return `configuration file ${name}${origin} does not exist`;
  if (error.code === 'EISDIR') return `configuration file ${name}${origin} is a folder; name the file in it`;
  return `configuration file ${name}${origin} cannot be read: ${error.code ?? error.message}`;
}
