/**
 * Starts pipelines that filter and map a list, in a process of its own, as a backend service does: what makes and sends their inputs
 * is on no thread that measures something else.
 */
import { fileURLToPath } from 'node:url';
import { createClient } from '../client/index.js';
import type { JsonValue } from '../job-api/json.js';
import { startChild } from './child.js';
import { seededRandom } from './statistics.js';
import { steadyStream } from './steady-stream.js';

export interface PipelineWindow {
  /** Of the list. */
  readonly items: number;
  readonly everyMs: number;
  readonly windowMs: number;
  readonly seed: number;
}

export interface PipelineStarter {
  /** Starts them for one window; resolves with the time of each, ms, when all have ended. */
  run(window: PipelineWindow): Promise<number[]>;
  stop(): Promise<void>;
}

interface StarterOptions {
  readonly temporal: string;
  readonly taskQueue: string;
}

const FILE = fileURLToPath(import.meta.url);

const DEFINITION = {
  version: 1,
  steps: {
    ready: { set: '{% $input.items[ready] %}' },
    named: { set: '{% $steps.ready.output.{ "id": n, "title": $uppercase(name) & "!" } %}' },
  },
  output: '{% $count($steps.named.output) %}',
} satisfies JsonValue;

/** Starts the process. It ends with this one. */
export async function startPipelineStarter(options: StarterOptions): Promise<PipelineStarter> {
  const child = startChild(FILE, options);
  await child.answer();
  return {
    async run(window) {
      child.tell(window);
      return (await child.answer()) as number[];
    },
    stop: () => child.stop(),
  };
}

async function serve({ temporal, taskQueue }: StarterOptions): Promise<void> {
  const relay = await createClient({ address: temporal, namespace: 'default', taskQueue });
  const filterAndMap = async (count: number) => {
    const input = { items: Array.from({ length: count }, (_, n) => ({ n, name: `item ${n}`, ready: n % 3 !== 0 })) };
    const { output } = await (await relay.start('pipeline', { definition: DEFINITION, input })).result();
    const expected = input.items.filter(({ ready }) => ready).length;
    if (output !== expected) throw new Error(`expected ${expected}, got ${JSON.stringify(output)}`);
  };
  process.on('message', async ({ items, seed, ...stream }: PipelineWindow) => {
    process.send?.(await steadyStream(() => filterAndMap(items), { ...stream, random: seededRandom(seed) }));
  });
  process.once('disconnect', () => void relay.close());
  process.send?.('ready');
}

if (process.argv[1] === FILE) await serve(JSON.parse(process.argv[2] ?? '') as StarterOptions);
