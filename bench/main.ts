/** `npm run bench -- NAME`: measured comparisons against a baseline, in one run. Prints ratios with their spread. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Argument, Command } from 'commander';
import { createClient } from '../client/index.js';
import { startStack } from '../embedded/index.js';
import { startBaselineWorker } from './baseline/worker.js';
import { type Bench, type Bound, holds, type Report } from './bench.js';
import { cancel } from './cancel.js';
import { chain } from './chain.js';
import { detect } from './detect.js';
import { expressions } from './expressions.js';
import { foreach } from './foreach.js';
import { histories } from './histories.js';
import { jobApi } from './job-api.js';
import { overhead } from './overhead.js';
import { polling } from './polling.js';
import { slots } from './slots.js';

const BENCHES: Readonly<Record<string, (bench: Bench) => Promise<Report>>> = {
  overhead,
  detect,
  cancel,
  foreach,
  slots,
  histories,
  chain,
  expressions,
  'job-api': jobApi,
  polling,
};

const note = (line: string) => process.stderr.write(`${line}\n`);

async function withStack(body: (bench: Bench) => Promise<void>): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-bench-'));
  // Its own name, so that the endpoint can have a worker for each job: what is measured is not a queue.
  const crowd = { workers: 400, handler: sleepFor };
  const stack = await startStack({
    stateDir,
    temporalPort: 0,
    uiPort: 0,
    emulatorPort: 0,
    endpoints: { crowd },
    log: note,
  });
  const baseline = await startBaselineWorker(stack.temporal);
  const relay = await createClient({ address: stack.temporal, namespace: 'default' });
  const connection = await Connection.connect({ address: stack.temporal });
  try {
    await body({ stack, relay, temporal: new Client({ connection }), note });
  } finally {
    await connection.close();
    await relay.close();
    await baseline.stop();
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

function sleepFor(input: unknown, { signal }: { readonly signal: AbortSignal }): Promise<null> {
  const { ms } = input as { readonly ms: number };
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

function print(name: string, { rows, bounds }: Report): void {
  console.log(`\n${name} (${cpus().length} cores, node ${process.version}, embedded stack)`);
  console.table(Object.fromEntries(rows.map(({ name: row, ...figures }) => [row, figures])));
  for (const bound of bounds) console.log(`${holds(bound) ? 'holds' : 'FAILS'}  ${describe(bound)}`);
}

function describe({ what, measured, atMost, atLeast, interval }: Bound): string {
  const round = (value: number) => Number(value.toFixed(2));
  const wanted = atMost === undefined ? `at least ${round(atLeast ?? 0)}` : `at most ${round(atMost)}`;
  const spread = interval === undefined ? '' : `, 95 % interval ${interval.map((end) => end.toFixed(2)).join(' to ')}`;
  return `${what}: ${measured.toFixed(2)} (${wanted}${spread})`;
}

const program = new Command('bench')
  .description(
    'Measures JobRelay against a baseline, on this machine, in one run. Exits 1 where a bound does not hold.',
  )
  .addArgument(new Argument('<names...>', 'what to measure').choices([...Object.keys(BENCHES), 'all']))
  .option('--json', 'print one JSON document')
  .action(async (names: string[], { json }: { json?: boolean }) => {
    const chosen = names.includes('all') ? Object.keys(BENCHES) : names;
    const reports: Record<string, Report> = {};
    await withStack(async (bench) => {
      for (const name of chosen) {
        const run = BENCHES[name];
        if (run === undefined) continue;
        reports[name] = await run(bench);
        if (!json) print(name, reports[name]);
      }
    });
    if (json) console.log(JSON.stringify(reports));
    if (!Object.values(reports).every(({ bounds }) => bounds.every(holds))) process.exitCode = 1;
  });

await program.parseAsync();
