import type { CompletableOption } from './command-tree.js';
import { type CompletionScript, tablesOf } from './shell.js';

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** For fish from 3.0 on. */
export const fishCompletion: CompletionScript = (program, commands) => {
  const { steps, valued } = tablesOf(commands);
  const at = (path: readonly string[]) =>
    `complete -c ${program} -n ${quote(`__${program}_at ${quote(path.join(' '))}`)}`;
  return `# fish completion of ${program}: ${program} completion fish | source
function __${program}_at --argument-names wanted
  set -l command ''
  set -l is_value no
  for word in (commandline -opc)[2..-1]
    if test $is_value = yes
      set is_value no
      continue
    end
    switch "$command $word"
${steps.map(({ behind, command }) => `      case ${quote(behind)}\n        set command ${quote(command)}`).join('\n')}
      case ${valued.map(quote).join(' ')}
        set is_value yes
    end
  end
  test "$command" = "$wanted"
end
${commands
  .flatMap(({ path, subcommands, options, choices }) => [
    ...subcommands.map(({ name, description }) => `${at(path)} -f -a ${name} -d ${quote(description)}`),
    ...(choices.length > 0 ? [`${at(path)} -f -a ${quote(choices.join(' '))}`] : []),
    ...options.map((option) => `${at(path)} ${optionFlags(option)} -d ${quote(option.description)}`),
  ])
  .join('\n')}
`;
};

function optionFlags({ names, takesValue, choices }: CompletableOption): string {
  const forms = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = choices.length > 0 ? [`-x -a ${quote(choices.join(' '))}`] : takesValue ? ['-r'] : [];
  return [...forms, ...value].join(' ');
}
