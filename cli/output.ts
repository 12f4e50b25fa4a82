import { createProgressView, type ProgressView } from './progress-view.js';

export interface TerminalStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
}

export interface OutputStreams {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
}

/**
 * Where a command says things. The standard output carries the result alone, so that it can be piped; the rest goes to
 * the standard error. With `--json` the standard output gets exactly one JSON document, on one line, whether the command
 * succeeds or fails (after those of `part`, where a stream is followed), and each line of the standard error is a JSON object: `{"progress": …}`, `{"note": …}`, `{"log": …}`.
 */
export interface Output {
  readonly json: boolean;
  /** The one result of the command: `document` for programs, `text` for people. */
  result(document: unknown, text: string): void;
  /**
   * A part of what the command prints that is there before the rest: its text as it is, or a line of JSON before the
   * document; an undefined one is for people alone.
   */
  part(document: unknown, text: string): void;
  /** Something that a person wants to know meanwhile. */
  note(line: string): void;
  /** A line of a server's log. */
  log(line: string): void;
  /** Shows the progress of a run, with the notes that come meanwhile between. */
  progress(): Pick<ProgressView, 'update' | 'done'>;
}

export function createOutput(streams: OutputStreams, json: boolean): Output {
  return json ? createJsonOutput(streams) : createTextOutput(streams);
}

function createTextOutput({ stdout, stderr }: OutputStreams): Output {
  const lines: Pick<ProgressView, 'note'> = { note: (line) => void stderr.write(`${line}\n`) };
  let above = lines;
  return {
    json: false,
    result: (_document, text) => void stdout.write(`${text}\n`),
    part: (_document, text) => void stdout.write(text),
    note: (line) => above.note(line),
    log: (line) => above.note(line),
    progress() {
      const view = createProgressView({ stream: stderr, plain: !isDrawable(stderr) });
      above = view;
      return {
        update: (progress) => view.update(progress),
        done() {
          view.done();
          above = lines;
        },
      };
    },
  };
}

/** A terminal may have no size, as those of some CI systems and containers; nothing can be redrawn there. */
export function isDrawable({ isTTY, rows }: TerminalStream): boolean {
  return isTTY === true && rows !== undefined && rows > 0;
}

function createJsonOutput({ stdout, stderr }: OutputStreams): Output {
  const event = (fields: object) => void stderr.write(`${JSON.stringify(fields)}\n`);
  return {
    json: true,
    result: (document) => void stdout.write(`${JSON.stringify(document)}\n`),
    part(document) {
      if (document !== undefined) stdout.write(`${JSON.stringify(document)}\n`);
    },
    note: (note) => event({ note }),
    log: (log) => event({ log }),
    progress: () => ({ update: (progress) => event({ progress }), done() {} }),
  };
}
