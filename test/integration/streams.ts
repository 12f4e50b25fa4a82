import { setTimeout as delay } from 'node:timers/promises';
import type { StreamItem } from '../../client/index.js';
import { configFromFile } from '../../config/build.js';
import { type Config, parseYaml } from '../../config/index.js';
import type { EndpointDefinition } from '../../emulator/index.js';
import { createGates } from '../chaos/gates.js';

/** Held generators wait before these. */
export const gates = createGates();

export interface Count {
  readonly to: number;
  /** Waits for the gate of its `mark` before this number. */
  readonly hold?: number;
  readonly mark?: string;
  /** Raises after the last, in runs of the handler up to this. */
  readonly failures?: number;
}

/** Runs of the handler. */
export const begun: string[] = [];

async function* count(input: unknown, { attempt }: { readonly attempt: number }) {
  const { to, hold = -1, mark = '', failures = 0 } = input as Count;
  begun.push(`${mark} ${attempt}`);
  for (let n = 0; n < to; n++) {
    if (n === hold) await gates.passed(mark);
    yield { n, attempt };
  }
  if (attempt <= failures) throw new Error('no more');
}

/** Past its gate, one after the other: a read takes one or two. */
async function* countSlowly(input: unknown, context: { readonly attempt: number }) {
  for await (const chunk of count(input, context)) {
    if (chunk.n > ((input as Count).hold ?? 0)) await delay(400);
    yield chunk;
  }
}

const failed = new Set<string>();
/** Raises at the end of the first job of its `mark`. */
async function* countOnceInVain(input: unknown, context: { readonly attempt: number }) {
  yield* count(input, context);
  const { mark = '' } = input as Count;
  if (failed.has(mark)) return;
  failed.add(mark);
  throw new Error('not the first time');
}

/** Generators, with and without the list that a worker may keep of its chunks. */
export const ENDPOINTS: Readonly<Record<string, EndpointDefinition>> = {
  plain: { handler: count, aggregateStream: false, workers: 50 },
  kept: { handler: count, aggregateStream: true, workers: 50 },
  /** As `plain`, for faults that meet no other. */
  apart: { handler: count, aggregateStream: false },
  slow: { handler: countSlowly, aggregateStream: false },
  flaky: { handler: countOnceInVain, aggregateStream: false },
};

/** The emulator in its other dialects too, and aliases that map what they get. */
export function withDialects({ artifacts, providers }: Config): Config {
  const url = providers.local?.baseUrl.replace(/\/v2$/, '') ?? '';
  const file = `version: 1
providers:
  sub: { dialect: submodel, baseUrl: "${url}/v1/sl" }
  studio: { dialect: gateway, baseUrl: "${url}/v1/runpod" }
endpoints:
  sum: { use: { id: local/plain, output: "{% $sum($output.n) %}" }, stream: collect }
  odd: { use: { id: local/plain, output: "{% $number($string($output[0])) %}" }, stream: collect }
`;
  const parsed = parseYaml(file, 'jobrelay.yaml');
  return { ...configFromFile(parsed, '/project/jobrelay.yaml', { env: {}, emulatorUrl: url }), artifacts };
}

export const numbers = (to: number, attempt = 1) => Array.from({ length: to }, (_, n) => ({ n, attempt }));

export async function all(items: AsyncIterable<StreamItem>): Promise<StreamItem[]> {
  const read: StreamItem[] = [];
  for await (const item of items) read.push(item);
  return read;
}
export const outputs = (items: readonly StreamItem[]) =>
  items.flatMap((item) => (item.kind === 'chunk' ? [item.output] : []));
/** What is not a chunk, in its place. */
export const markers = (items: readonly StreamItem[]) => items.filter(({ kind }) => kind !== 'chunk');

/** The first so many events; the reader then goes away. */
export async function firstOf(items: AsyncIterable<StreamItem>, many: number): Promise<StreamItem[]> {
  const seen: StreamItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (seen.length === many) break;
  }
  return seen;
}
