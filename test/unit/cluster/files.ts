import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A text file of the repository, by its path in it. */
export function text(path: string): Promise<string> {
  return readFile(`${ROOT}/${path}`, 'utf8');
}

type Environment = Readonly<Record<string, string | null>>;

export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Environment;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

/** docker-compose.yml with its anchors resolved, its variables as they stand. */
export async function composeFile(): Promise<ComposeFile> {
  return parse(await text('docker-compose.yml'), { merge: true }) as ComposeFile;
}

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of the Dockerfile, continued lines joined. */
export async function dockerfile(): Promise<readonly Instruction[]> {
  const lines = (await text('Dockerfile'))
    .replace(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n');
  return lines.flatMap((line) => {
    const [, name, value] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, value }];
  });
}

/** What an image begins with: `node:24.20.0-trixie-slim`, not `node:24` and never `node`. */
export const PINNED = /^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/;
