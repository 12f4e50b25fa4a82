import type { CompletableCommand, CompletableOption } from './command-tree.js';

/** A script that teaches a shell the commands of a program. */
export type CompletionScript = (program: string, commands: readonly CompletableCommand[]) => string;

/**
 * What the scripts of all three shells go by: the command line that is written so far is read word by word, and a word
 * behind what it belongs to, as in `schedule create`, is looked up.
 */
export interface CommandLineTables {
  /** Commands, each behind the one that it is a part of: ` job`, `schedule create`. */
  readonly steps: readonly { readonly behind: string; readonly command: string }[];
  /** Options whose next word is their value, each behind its command: `job --input`. */
  readonly valued: readonly string[];
}

export function tablesOf(commands: readonly CompletableCommand[]): CommandLineTables {
  return {
    steps: commands.flatMap(({ path, subcommands }) =>
      subcommands.map(({ name }) => ({ behind: behind(path, name), command: [...path, name].join(' ') })),
    ),
    valued: commands.flatMap(({ path, options }) =>
      options.filter(takesValue).flatMap((option) => namesIn(path, option)),
    ),
  };
}

/** Options that take one of some values, with their names as in {@link CommandLineTables.valued}. */
export function choicesOf(commands: readonly CompletableCommand[]) {
  return commands.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map((option) => ({ names: namesIn(path, option), choices: option.choices })),
  );
}

function takesValue(option: CompletableOption): boolean {
  return option.takesValue;
}

function namesIn(path: readonly string[], { names }: CompletableOption): readonly string[] {
  return names.map((name) => behind(path, name));
}

function behind(path: readonly string[], word: string): string {
  return `${path.join(' ')} ${word}`;
}
