import { defineErrors } from '@ninefold/base';
import { COMMANDS, type CommandName, type Flag } from '../flags/flag.ts';
import { flagsOf } from '../flags/flags.ts';
import { COMMAND_HELP } from '../help.ts';

const fail = defineErrors({
  CLI_UNKNOWN_SHELL: (c: { readonly shell: string | undefined }) =>
    `${c.shell === undefined ? 'Which shell?' : `No completion for ${c.shell}.`} Usage: ${COMMAND_HELP.completion.usage}`,
});

/**
 * A completion script, made from the table of flags.
 *
 * @throws `CLI_UNKNOWN_SHELL`
 */
export function completionScript(shell: string | undefined): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
    default:
      throw fail('CLI_UNKNOWN_SHELL', { shell });
  }
}

function words(flags: readonly Flag[]): string {
  return flags
    .flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])
    .join(' ');
}

function summaryOf(name: CommandName): string {
  return COMMAND_HELP[name].summary.replaceAll("'", '’');
}

function bash(): string {
  const cases = COMMANDS.map((name) => `    ${name}) flags='${words(flagsOf(name))}' ;;`).join('\n');
  const files = [...new Set(COMMANDS.flatMap((name) => flagsOf(name)).filter(({ file }) => file))];
  return `# Completion of ninefold for bash: source <(ninefold completion bash)
_ninefold() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command=start flags candidate
  for candidate in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$candidate" in ${COMMANDS.join('|')}) command="$candidate"; break ;; esac
  done
  case "$previous" in ${files.map(({ name }) => `--${name}`).join('|')})
    COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "$command" in
${cases}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ "$command" == completion ]]; then COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word"))
  elif [[ $COMP_CWORD == 1 ]]; then COMPREPLY=($(compgen -W '${COMMANDS.join(' ')}' -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _ninefold ninefold
`;
}

function zsh(): string {
  const escaped = (text: string): string =>
    text.replaceAll("'", '’').replaceAll(/[[\]:]/g, (character) => `\\${character}`);
  const spec = ({ name, short, placeholder, help, file }: Flag): string => {
    const value = placeholder === undefined ? '' : `:${placeholder}:${file === true ? '_files' : ''}`;
    const long = `'--${name}[${escaped(help)}]${value}'`;
    return short === undefined ? long : `${long} '-${short}[${escaped(help)}]${value}'`;
  };
  const cases = COMMANDS.map((name) => {
    const argument = name === 'completion' ? `':shell:(bash zsh fish)'` : `'*:file:_files'`;
    return `    ${name}) _arguments ${flagsOf(name).map(spec).join(' ')} ${argument} ;;`;
  }).join('\n');
  return `#compdef ninefold
# Completion of ninefold for zsh: put it as _ninefold into a folder of $fpath
_ninefold() {
  local command=start candidate
  for candidate in $words[2,CURRENT-1]; do
    case $candidate in ${COMMANDS.join('|')}) command=$candidate; break ;; esac
  done
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _values command ${COMMANDS.map((name) => `'${name}[${escaped(summaryOf(name))}]'`).join(' ')}
    return
  fi
  case $command in
${cases}
  esac
}
_ninefold "$@"
`;
}

function fish(): string {
  const isUnnamed = `not __fish_seen_subcommand_from ${COMMANDS.filter((name) => name !== 'start').join(' ')}`;
  const lines = COMMANDS.flatMap((name) => [
    `complete -c ninefold -f -n __fish_use_subcommand -a ${name} -d '${summaryOf(name)}'`,
    ...flagsOf(name).map(({ name: flag, short, placeholder, help, file }) => {
      const condition = name === 'start' ? isUnnamed : `__fish_seen_subcommand_from ${name}`;
      const value = placeholder === undefined ? '' : file === true ? ' -r -F' : ' -x';
      const shortForm = short === undefined ? '' : ` -s ${short}`;
      return `complete -c ninefold -n '${condition}' -l ${flag}${shortForm}${value} -d '${help.replaceAll("'", '’')}'`;
    }),
  ]);
  const shells = `complete -c ninefold -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'`;
  return `# Completion of ninefold for fish: ninefold completion fish | source\n${lines.join('\n')}\n${shells}\n`;
}
