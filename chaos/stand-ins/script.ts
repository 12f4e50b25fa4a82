/**
 * The script: a loop over `runSync`, as in the providers' quick starts, written with care. It tries again what failed, keeps
 * what it has in a file, and goes on from there when it is started again. It cancels the jobs that it knows when it is told
 * to stop; but a job has no id until its `runSync` answers.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PlannedExit, Unit } from '../plan/load.js';
import { type Child, serveAsChild, startChild } from '../world/child.js';
import { type CalledJob, CallFailed, callEndpoint, isOver } from './job-calls.js';
import type { ScriptEnd, ScriptLine } from './script-record.js';

export interface ScriptOptions {
  /** Base URL of its endpoint. */
  readonly endpoint: string;
  /** What it has, a line of JSON each. */
  readonly file: string;
  /** Of the two copies of the script, this one; each has runs of its own. */
  readonly slot: number;
}

export interface ScriptRun {
  readonly run: string;
  readonly stages: readonly (readonly Unit[])[];
}

export type ScriptMessage =
  | { readonly kind: 'start'; readonly slot: number; readonly run: ScriptRun }
  /** `terminate` and `time-out`: it is killed, which leaves it no time for anything. */
  | { readonly kind: 'end'; readonly slot: number; readonly run: string; readonly exit: PlannedExit };

const FILE = fileURLToPath(import.meta.url);
const CONCURRENCY = 40;
const TRIES = 5;

export function startScript(options: ScriptOptions, log: number): Promise<Child> {
  return startChild(FILE, options, log);
}

class Script {
  readonly #endpoint: string;
  readonly #file: string;
  readonly #done = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #running = new Map<string, AbortController>();

  constructor({ endpoint, file }: ScriptOptions) {
    this.#endpoint = endpoint;
    this.#file = file;
    if (!existsSync(file)) return;
    for (const text of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const line = JSON.parse(text) as ScriptLine;
      if ('unit' in line) this.#done.add(`${line.run}/${line.unit}`);
      if ('ended' in line) this.#ended.add(line.run);
    }
  }

  #write(line: ScriptLine): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  async run({ run, stages }: ScriptRun): Promise<void> {
    if (this.#ended.has(run)) return;
    const stop = new AbortController();
    this.#running.set(run, stop);
    try {
      for (const units of stages) await this.#stage(run, units, stop.signal);
      this.#end(run, 'completed');
    } catch {
      // A script that fails exits, and what it was waiting for is nobody's any more.
      stop.abort();
      this.#end(run, 'failed');
    }
  }

  end(run: string, exit: PlannedExit): void {
    this.#end(run, exit === 'cancel' ? 'cancelled' : 'terminated');
    this.#running.get(run)?.abort(exit);
  }

  #end(run: string, ended: ScriptEnd): void {
    if (this.#ended.has(run)) return;
    this.#ended.add(run);
    this.#write({ run, ended, at: Date.now() });
  }

  async #stage(run: string, units: readonly Unit[], signal: AbortSignal): Promise<void> {
    const queue = units.filter(({ unit }) => !this.#done.has(`${run}/${unit}`)).values();
    const turns = Array.from({ length: CONCURRENCY }, async () => {
      for (const unit of queue) {
        const { id } = await this.#unit(run, unit, signal);
        this.#done.add(`${run}/${unit.unit}`);
        this.#write({ run, unit: unit.unit, result: id });
      }
    });
    await Promise.all(turns);
  }

  async #unit(run: string, unit: Unit, signal: AbortSignal): Promise<CalledJob> {
    for (let tries = 1; ; tries++) {
      const body = { input: { run, ...unit } };
      let job = await again(
        () => callEndpoint(this.#endpoint, 'runsync', { body, signal, timeoutMs: 100_000 }),
        signal,
      );
      const { id } = job;
      this.#write({ run, seen: id });
      const cancel = () => {
        // Killed, it does nothing more.
        if (signal.reason === 'cancel') void callEndpoint(this.#endpoint, `cancel/${id}`, { body: {} }).catch(() => {});
      };
      signal.addEventListener('abort', cancel);
      while (!isOver(job)) {
        await delay(1_000, undefined, { signal });
        job = await again(() => callEndpoint(this.#endpoint, `status/${id}`, { signal }), signal);
      }
      signal.removeEventListener('abort', cancel);
      if (job.status === 'COMPLETED') return job;
      if (tries === 3) throw new Error(`${unit.unit} is ${job.status}`);
    }
  }
}

/** With growing pauses, unless it is of no use. */
async function again<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (tries === TRIES || (error instanceof CallFailed && error.isFinal)) throw error;
      await delay(500 * 2 ** tries, undefined, { signal });
    }
  }
}

await serveAsChild(FILE, async (options: ScriptOptions) => {
  const script = new Script(options);
  process.on('message', (message: ScriptMessage) => {
    if (message.slot !== options.slot) return;
    if (message.kind === 'start') void script.run(message.run);
    else script.end(message.run, message.exit);
  });
  return 'ready';
});
