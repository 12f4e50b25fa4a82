import type { Command, Help, Option } from 'commander';

export interface CompletableOption {
  /** Its forms, the long one last: `-h`, `--help`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The only values that it takes; empty where any may do, a file's name among them. */
  readonly choices: readonly string[];
}

/** What may come after the words of a command. */
export interface CompletableCommand {
  /** Words that lead to it, without the program's own: empty for the program itself. */
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** Its own and those that every command has. */
  readonly options: readonly CompletableOption[];
  /** The only values of its argument; empty where any may do. */
  readonly choices: readonly string[];
}

/** The program and every command below it, as their own help tells of them. */
export function readCommandTree(program: Command): readonly CompletableCommand[] {
  return read(program, []);
}

function read(command: Command, path: readonly string[]): readonly CompletableCommand[] {
  const help = command.createHelp();
  return [
    {
      path,
      subcommands: command.commands.map((sub) => ({ name: sub.name(), description: sub.description() })),
      options: optionsOf(command, help).map(describe),
      choices: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    },
    ...command.commands.flatMap((sub) => read(sub, [...path, sub.name()])),
  ];
}

function optionsOf(command: Command, help: Help): readonly Option[] {
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function describe(option: Option): CompletableOption {
  const { short, long, description, argChoices = [] } = option;
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    takesValue: option.required || option.optional,
    choices: argChoices,
  };
}
