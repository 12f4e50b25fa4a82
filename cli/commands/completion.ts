import { Argument } from 'commander';
import type { AddCommand } from '../command.js';
import { bashCompletion } from '../completion/bash.js';
import { readCommandTree } from '../completion/command-tree.js';
import { fishCompletion } from '../completion/fish.js';
import type { CompletionScript } from '../completion/shell.js';
import { zshCompletion } from '../completion/zsh.js';
import { EXIT_CODES } from '../exit-codes.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const satisfies Record<
  string,
  CompletionScript
>;

const EXAMPLE = `
Example:
  source <(jobrelay completion bash)           (in ~/.bashrc)
  source <(jobrelay completion zsh)            (in ~/.zshrc, after compinit)
  jobrelay completion fish | source            (in ~/.config/fish/config.fish)`;

/** `jobrelay completion`: the Tab key. */
export const addCompletion: AddCommand = (program, act) => {
  program
    .command('completion')
    .description('print a script by which a shell completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLE)
    .action((shell: keyof typeof SCRIPTS, _options, command) =>
      act(command, async ({ output }) => {
        const script = SCRIPTS[shell](program.name(), readCommandTree(program));
        output.result({ shell, script }, script.trimEnd());
        return EXIT_CODES.ok.code;
      }),
    );
};
