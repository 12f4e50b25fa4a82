/** `npm run chaos`: proves that nothing is lost and nothing runs unowned, whatever breaks. */
import { setMaxListeners } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { FULL, SHORT } from './plan/form.js';
import { holds, render } from './report.js';
import { runChaos } from './run.js';

const note = (line: string) => process.stderr.write(`${line}\n`);

interface Options {
  readonly seed?: number;
  readonly short?: boolean;
  readonly jobs?: number;
  readonly kills?: number;
  readonly json?: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

const program = new Command('chaos')
  .description(
    'Runs pipelines while everything breaks, and counts what was lost. Exits 1 where a row of the table is not 0.',
  )
  .option('--seed <number>', 'the same plan of runs, faults and disturbances again', whole)
  .option('--short', 'a small load, for a minute: what runs with the tests')
  .option('--jobs <number>', 'another number of jobs', whole)
  .option('--kills <number>', 'another number of kills at each crash point', whole)
  .option('--json', 'print one JSON document')
  .action(async ({ seed = 1 + Math.floor(Math.random() * 1e6), short, jobs, kills, json }: Options) => {
    const stop = new AbortController();
    // Every run of the load waits for its times with it.
    setMaxListeners(0, stop.signal);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)));
    }
    const form = { ...(short ? SHORT : FULL), ...(jobs && { jobs }), ...(kills && { killsPerPoint: kills }) };
    note(`seed ${seed}`);
    try {
      const report = await runChaos({ seed, form, note, signal: stop.signal });
      console.log(json ? JSON.stringify(report) : `\n${render(report)}`);
      if (!holds(report)) process.exitCode = 1;
    } catch (error) {
      note(stop.signal.aborted ? String((stop.signal.reason as Error).message) : String((error as Error).stack));
      // What was under way asks a server that is gone, again and again, for two minutes.
      process.exit(stop.signal.aborted ? 130 : 1);
    }
  });

await program.parseAsync();
