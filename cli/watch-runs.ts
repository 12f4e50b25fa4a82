import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { TemporalUnreachable } from '../client/errors.js';
import { onInterrupt } from './interrupt.js';
import type { TerminalStream } from './output.js';
import type { CliProcess } from './session.js';

const INTERVAL_MS = 2_000;

/**
 * Draws lines on the terminal in the place of those before, until Ctrl-C. A server that stops to answer is waited for: it
 * may be restarted.
 *
 * @throws what the first look throws, and of later ones all but {@link TemporalUnreachable}.
 */
export async function watchRuns(
  look: () => Promise<readonly string[]>,
  { stdout, signals, now, exit }: Pick<CliProcess, 'stdout' | 'signals' | 'now' | 'exit'>,
  intervalMs = INTERVAL_MS,
): Promise<void> {
  const ended = new AbortController();
  const interrupt = onInterrupt({ signals, now, first: () => ended.abort(), leave: exit });
  // A look at a server that is gone may take long; its answer is then not waited for.
  const end = once(ended.signal, 'abort').then(() => undefined);
  const log = createLogUpdate(stdout);
  let shown: readonly string[] | undefined;
  try {
    while (!ended.signal.aborted) {
      try {
        const seen = await Promise.race([look(), end]);
        if (seen === undefined) break;
        shown = seen;
        log(fitTo(stdout, shown));
      } catch (error) {
        if (shown === undefined || !(error instanceof TemporalUnreachable)) throw error;
        log(fitTo(stdout, [`${error.message} (this was before)`, ...shown]));
      }
      await sleep(intervalMs, undefined, { signal: ended.signal }).catch(() => {});
    }
  } finally {
    log.done();
    interrupt.dispose();
  }
}

/** As many lines as can be redrawn, the first ones, and none so long that it would take two. */
export function fitTo({ rows = 24, columns = 80 }: TerminalStream, lines: readonly string[]): string {
  const room = Math.max(1, rows - 1);
  const hidden = lines.length - room;
  const fitting = hidden > 0 ? [...lines.slice(0, room - 1), `… ${hidden + 1} more lines`] : lines;
  return fitting.map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`)).join('\n');
}
