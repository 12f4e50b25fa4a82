import { createLogUpdate } from 'log-update';
import { describeUse } from '../workflows/budget/describe-use.js';
import type { Progress, SettlingProgress, StepStatus } from '../workflows/contract.js';
import { type Colours, coloursFor } from './colours.js';

export interface ProgressViewOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Lines only, for a pipe or a log; otherwise the stream must be a terminal, whose last lines are redrawn in place. */
  readonly plain: boolean;
}

export interface ProgressView {
  /** Shows what changed. May be called as often as one likes with the same progress. */
  update(progress: Progress): void;
  /** A line that stays, above the bars. */
  note(line: string): void;
  /** Leaves the last picture standing. Nothing is shown after it. */
  done(): void;
}

type StepProgress = Progress['steps'][string];

const BAR_WIDTH = 20;

const MARKS: Readonly<
  Record<StepStatus, { readonly sign: string; readonly colour: 'dim' | 'cyan' | 'green' | 'red' | 'yellow' }>
> = {
  pending: { sign: '·', colour: 'dim' },
  running: { sign: '▸', colour: 'cyan' },
  waiting: { sign: '?', colour: 'yellow' },
  completed: { sign: '✓', colour: 'green' },
  failed: { sign: '✗', colour: 'red' },
  skipped: { sign: '-', colour: 'dim' },
  cancelled: { sign: '■', colour: 'yellow' },
};

/**
 * Shows the progress of a run: a bar for each step on a terminal, and a line for each change of a step elsewhere.
 *
 * @example
 * const view = createProgressView({ stream: process.stderr, plain: !process.stderr.isTTY });
 * for await (const progress of run.watch()) view.update(progress);
 * view.done();
 */
export function createProgressView({ stream, plain }: ProgressViewOptions): ProgressView {
  return plain ? createLineView(stream) : createBarView(stream);
}

function createLineView(stream: NodeJS.WritableStream): ProgressView {
  const shown = new Map<string, string>();
  let settled: SettlingProgress = { done: 0, total: 0 };
  let ended = false;
  return {
    update(progress) {
      if (ended) return;
      for (const [name, step] of Object.entries(progress.steps)) {
        const line = describeStep(name, step);
        // A step that waits for its turn is not news.
        if (shown.get(name) === line || (step.status === 'pending' && !shown.has(name))) continue;
        shown.set(name, line);
        stream.write(`${line}\n`);
      }
      const { settling } = progress;
      if (settling === undefined || !isNews(settling, settled)) return;
      settled = settling;
      stream.write(`${describeSettling(settling)}\n`);
    },
    note: (line) => void stream.write(`${line}\n`),
    done() {
      ended = true;
    },
  };
}

function createBarView(stream: ProgressViewOptions['stream']): ProgressView {
  const colours = coloursFor(stream);
  const log = createLogUpdate(stream);
  let picture = '';
  let ended = false;
  return {
    update(progress) {
      picture = drawSteps(progress, colours);
      if (!ended) log(picture);
    },
    note(line) {
      log.persist(line);
      if (!ended && picture !== '') log(picture);
    },
    done() {
      if (!ended) log.done();
      ended = true;
    },
  };
}

/** `draw: running, 3 of 8, 1 failed` */
export function describeStep(name: string, { status, done, total, failed }: StepProgress): string {
  const parts: string[] = [status];
  if (total > 1) parts.push(`${done} of ${total}`);
  if (failed > 0 && total > 1) parts.push(`${failed} failed`);
  return `${name}: ${parts.join(', ')}`;
}

/** `settling 412 of 1,000 jobs` */
export function describeSettling({ done, total }: SettlingProgress): string {
  const words = new Intl.NumberFormat('en-US');
  return `settling ${words.format(done)} of ${words.format(total)} ${total === 1 ? 'job' : 'jobs'}`;
}

/** A log need not hear of each job. */
function isNews({ done, total }: SettlingProgress, told: SettlingProgress): boolean {
  return total > told.total || (done === total && told.done < done) || done - told.done >= total / 20;
}

/** The picture for a terminal: one line for each step. */
export function drawSteps(progress: Progress, colours: Colours): string {
  const steps = Object.entries(progress.steps);
  const nameWidth = Math.max(0, ...steps.map(([name]) => name.length));
  const lines = steps.map(([name, step]) => drawStep(name.padEnd(nameWidth), step, colours));
  const { budget, settling } = progress;
  if (budget !== undefined) lines.push(colours.dim(`budget: ${describeUse(budget)}`));
  if (settling !== undefined) lines.push(colours.yellow(describeSettling(settling)));
  return lines.join('\n');
}

function drawStep(name: string, { status, done, total, failed }: StepProgress, colours: Colours): string {
  const { sign, colour } = MARKS[status];
  const paint = colours[colour];
  const ratio = total > 0 ? Math.min(1, done / total) : status === 'completed' ? 1 : 0;
  const filled = Math.round(ratio * BAR_WIDTH);
  const bar = paint('━'.repeat(filled)) + colours.dim('─'.repeat(BAR_WIDTH - filled));
  const count = total > 1 ? `${done}/${total}` : status;
  const failures = failed > 0 && total > 1 ? colours.red(` ${failed} failed`) : '';
  return `${paint(sign)} ${name}  ${bar}  ${count}${failures}`;
}
