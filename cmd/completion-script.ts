import type { LoadedCommand } from './command.ts';
import type { Flags, Toggle, ValueFlag } from './flag.ts';

type Flag = Toggle | ValueFlag<unknown>;

/** A script for one of the shells, made of the same texts as the help. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: readonly LoadedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly LoadedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map(({ name, flags }) => `    ${name}) flags=${quoted(flagWords(flags).join(' '))} ;;`);
  const choices = commands.flatMap(({ name, flags }) =>
    Object.entries(flags)
      .filter(([, flag]) => choicesOf(flag).length > 0)
      .map(
        ([flag, value]) =>
          `    ${name}:-${flag}) _litestream_offer < <(compgen -W ${quoted(choicesOf(value).join(' '))} -- "$word"); return ;;`,
      ),
  );
  return [
    '# bash completion of litestream',
    // Not COMPREPLY=($(compgen ...)), which tears names with spaces apart, nor mapfile, which macOS's bash lacks.
    '_litestream_offer() {',
    '  local line',
    '  while IFS= read -r line; do COMPREPLY+=("$line"); done',
    '}',
    '_litestream() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" flags=""`,
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$command" = help ]; }; then',
    `    _litestream_offer < <(compgen -W ${quoted([...names, 'help'].join(' '))} -- "$word")`,
    '    return',
    '  fi',
    '  case "$command:$before" in',
    ...choices,
    '  esac',
    '  case "$command" in',
    ...cases,
    '  esac',
    '  case "$word" in',
    '    -*) _litestream_offer < <(compgen -W "$flags" -- "$word") ;;',
    '    *) _litestream_offer < <(compgen -f -- "$word") ;;',
    '  esac',
    '}',
    'complete -o filenames -F _litestream litestream',
  ].join('\n');
}

function zsh(commands: readonly LoadedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, flags }) => {
    const specs = Object.entries(flags).map(([flag, value]) =>
      quoted(`-${flag}[${zshText(value.help)}]${zshValue(value)}`),
    );
    return [`    ${name})`, `      _arguments -S ${[...specs, quoted('*:file:_files')].join(' ')} ;;`].join('\n');
  });
  return [
    '#compdef litestream',
    '_litestream() {',
    '  local -a commands',
    '  commands=(',
    ...described,
    "    'help:show the help of a command'",
    '  )',
    '  if (( CURRENT == 2 )) || { (( CURRENT == 3 )) && [[ $words[2] == help ]] }; then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    '_litestream "$@"',
  ].join('\n');
}

function fish(commands: readonly LoadedCommand[]): string {
  const of = ({ name, flags }: LoadedCommand) =>
    Object.entries(flags).map(([flag, value]) => {
      const choices = choicesOf(value);
      const takes =
        value.kind === 'toggle' ? '' : choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r -F';
      const help = quoted(firstSentence(value.help));
      return `complete -c litestream -n '__fish_seen_subcommand_from ${name}' -o ${flag}${takes} -d ${help}`;
    });
  return [
    '# fish completion of litestream',
    ...commands.map(
      ({ name, summary }) => `complete -c litestream -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ),
    "complete -c litestream -n __fish_use_subcommand -f -a help -d 'show the help of a command'",
    ...commands.flatMap(of),
  ].join('\n');
}

function flagWords(flags: Flags): string[] {
  return Object.keys(flags).map((name) => `-${name}`);
}

function choicesOf(flag: Flag): readonly string[] {
  return flag.kind === 'value' ? (flag.choices ?? []) : [];
}

function zshValue(flag: Flag): string {
  if (flag.kind === 'toggle') return '';
  const choices = choicesOf(flag);
  return `:${zshText(flag.placeholder)}:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`;
}

/** Brackets and colons have a meaning there. */
function zshText(text: string): string {
  return firstSentence(text).replaceAll(/[[\]:\\]/g, '\\$&');
}

function firstSentence(text: string): string {
  return text.split(/\. /)[0]!.replace(/\.$/, '');
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
