import type { LocatedProblem } from '../definition/index.js';

/** Something the caller gave is wrong, and nothing was started. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** A definition that cannot run, with all that is wrong with it. */
export class InvalidDefinition extends InputError {
  readonly problems: readonly LocatedProblem[];

  constructor(problems: readonly LocatedProblem[]) {
    super(problems.map(({ text }) => text).join('\n'));
    this.problems = problems;
  }
}

/** A run completed, and its output cannot be written where it was asked for. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** What was done by a command that failed, for people and programs. */
export interface DoneSoFar {
  readonly text: string;
  readonly document: object;
  /** Whether anything was. */
  readonly any: boolean;
}

/** A command that does several things failed at one of them: its cause says why. */
export class PartlyDone extends Error {
  override readonly name = 'PartlyDone';
  readonly done: DoneSoFar;

  constructor(done: DoneSoFar, cause: unknown) {
    super(done.text, { cause });
    this.done = done;
  }
}

/** A server of ours could not start. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}
