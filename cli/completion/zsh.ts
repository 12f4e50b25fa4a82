import { quotePosix } from '../quote-posix.js';
import { type CompletionScript, choicesOf, tablesOf } from './shell.js';

/** For zsh, read by `source` or, as a file of the name `_jobrelay`, by `compinit`. */
export const zshCompletion: CompletionScript = (program, commands) => {
  const { steps, valued } = tablesOf(commands);
  const items = (pairs: readonly { readonly name: string; readonly description: string }[]) =>
    `items=(${pairs.map(({ name, description }) => quotePosix(`${name}:${description}`)).join(' ')})`;
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh), after compinit
_${program}() {
  local command='' i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    case "$command \${words[i]}" in
${steps.map(({ behind, command }) => `      ${quotePosix(behind)}) command=${quotePosix(command)} ;;`).join('\n')}
      ${valued.map(quotePosix).join('|')}) ((i += 1)) ;;
    esac
  done
  case "$command \${words[CURRENT-1]}" in
${choicesOf(commands)
  .map(
    ({ names, choices }) =>
      `    ${names.map(quotePosix).join('|')}) compadd -- ${choices.map(quotePosix).join(' ')}; return ;;`,
  )
  .join('\n')}
    ${valued.map(quotePosix).join('|')}) _files; return ;;
  esac
  case "$command:\${words[CURRENT]}" in
${commands
  .map(({ path, options }) => {
    const pairs = options.flatMap(({ names, description }) => names.map((name) => ({ name, description })));
    return `    ${quotePosix(`${path.join(' ')}:-`)}*) ${items(pairs)}; _describe -o option items ;;`;
  })
  .join('\n')}
${commands
  .filter(({ subcommands }) => subcommands.length > 0)
  .map(
    ({ path, subcommands }) =>
      `    ${quotePosix(`${path.join(' ')}:`)}*) ${items(subcommands)}; _describe command items ;;`,
  )
  .join('\n')}
${commands
  .filter(({ choices }) => choices.length > 0)
  .map(
    ({ path, choices }) =>
      `    ${quotePosix(`${path.join(' ')}:`)}*) compadd -- ${choices.map(quotePosix).join(' ')} ;;`,
  )
  .join('\n')}
    *) _files ;;
  esac
}
if [[ "\${funcstack[1]}" == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
};
