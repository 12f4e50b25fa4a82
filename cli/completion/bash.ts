import { quotePosix } from '../quote-posix.js';
import { type CompletionScript, choicesOf, tablesOf } from './shell.js';

/** For bash from 3.2 on, as macOS has it, and without the package bash-completion. */
export const bashCompletion: CompletionScript = (program, commands) => {
  const { steps, valued } = tablesOf(commands);
  const compgen = (words: readonly string[]) =>
    `COMPREPLY=($(compgen -W ${quotePosix(words.join(' '))} -- "$current"))`;
  return `# bash completion of ${program}: source <(${program} completion bash)
_${program}() {
  local IFS=$' \\t\\n' current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' i
  # bash takes --option=value for three words.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
${steps.map(({ behind, command }) => `      ${quotePosix(behind)}) command=${quotePosix(command)} ;;`).join('\n')}
      ${valued.map(quotePosix).join('|')}) ((i += 1)); [[ \${COMP_WORDS[i]} == '=' ]] && ((i += 1)) ;;
    esac
  done
  # What completes to nothing here, bash completes to the names of files.
  case "$command $previous" in
${choicesOf(commands)
  .map(({ names, choices }) => `    ${names.map(quotePosix).join('|')}) ${compgen(choices)}; return ;;`)
  .join('\n')}
    ${valued.map(quotePosix).join('|')}) return ;;
  esac
  case "$command:$current" in
${commands
  .map(
    ({ path, options }) =>
      `    ${quotePosix(`${path.join(' ')}:-`)}*) ${compgen(options.flatMap(({ names }) => names))} ;;`,
  )
  .join('\n')}
${commands
  .map(({ path, subcommands, choices }) => ({ path, words: [...subcommands.map(({ name }) => name), ...choices] }))
  .filter(({ words }) => words.length > 0)
  .map(({ path, words }) => `    ${quotePosix(`${path.join(' ')}:`)}*) ${compgen(words)} ;;`)
  .join('\n')}
  esac
}
complete -o default -F _${program} ${program}
`;
};
