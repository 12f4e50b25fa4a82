import { ClientError } from '../client/errors.js';
import type { StreamItem } from '../client/read-stream.js';
import type { Run } from '../client/run.js';
import type { Session } from './session.js';

/** Whose stream is printed: a step of a pipeline, or the job of a `job` run. */
export interface Followed {
  readonly step: string;
  /** Of a `forEach`. */
  readonly index?: number;
  /** Offset of the first event wanted. */
  readonly from?: number;
}

/**
 * Prints what a job yields as it comes: texts as they are, one after the other, other values as a line of JSON each; with
 * `--json` a line for each event. Says in notes what is missing. That a stream can't be read is no reason to leave the run.
 */
export async function printStream(run: Run<unknown>, { step, ...options }: Followed, session: Session): Promise<void> {
  const { output, process } = session;
  let atLineStart = true;
  const print = (item: StreamItem) => {
    const text = textOf(item, process.stdout.isTTY === true, atLineStart);
    output.part({ step, ...(options.index !== undefined && { index: options.index }), ...item }, text);
    if (text !== '') atLineStart = text.endsWith('\n');
  };
  const breakLine = () => {
    if (!atLineStart) output.part(undefined, '\n');
    atLineStart = true;
  };
  try {
    for await (const item of run.stream(step, options)) {
      if (item.kind !== 'chunk') breakLine();
      print(item);
      const news = newsOf(item);
      if (news !== undefined && !output.json) output.note(news);
    }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    output.note(`The stream of ${step} can't be followed: ${error.message}`);
  } finally {
    breakLine();
  }
}

function textOf(item: StreamItem, forTerminal: boolean, atLineStart: boolean): string {
  if (item.kind !== 'chunk') return '';
  if (typeof item.output === 'string') return forTerminal ? withoutCommands(item.output) : item.output;
  return `${atLineStart ? '' : '\n'}${JSON.stringify(item.output)}\n`;
}

/** Text without the control characters that a terminal would take for commands: handlers are other people's code. */
function withoutCommands(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, '');
}

/** What a reader would not see in the chunks themselves. */
function newsOf(item: StreamItem): string | undefined {
  switch (item.kind) {
    case 'chunk':
      return undefined;
    case 'restart':
      return 'The job began anew: what came before is void.';
    case 'lost':
      return item.count === undefined
        ? 'An answer of the provider got lost here; it may have held chunks.'
        : `${item.count} ${item.count === 1 ? 'chunk' : 'chunks'} got lost.`;
  }
}
