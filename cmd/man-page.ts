import type { LoadedCommand } from './command.ts';
import { environmentVariables } from './environment-variables.ts';
import { exitMeanings } from './exit-code.ts';

/** The manual page of the program in roff, made of the same texts as the help. */
export function manPage(commands: readonly LoadedCommand[], version: string): string {
  return [
    `.TH LITESTREAM 1 "" "litestream ${version}" "User Commands"`,
    '.SH NAME',
    'litestream \\- copy every change of SQLite databases to replicas and restore any moment',
    '.SH SYNOPSIS',
    '.B litestream',
    '.I COMMAND',
    '[flags] [arguments]',
    '.SH DESCRIPTION',
    text(
      'Flags are accepted with one dash or two, as -name value or -name=value. Durations are written as 500ms, 1m30s or 24h. Results go to standard output, everything else to standard error.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandPart),
    '.SH EXIT STATUS',
    ...exitMeanings.flatMap(([code, what]) => ['.TP', `.B ${code}`, text(what)]),
    '.SH ENVIRONMENT',
    ...environmentVariables.flatMap(([name, what]) => ['.TP', `.B ${text(name)}`, text(what)]),
    '.SH FILES',
    '.TP',
    '.I /etc/litestream.yml',
    'The config file. Every key is explained in the annotated litestream.yml of the package.',
    '.TP',
    '.I .DATABASE\\-litestream',
    'The directory beside a database where local files and the state of its replication lie.',
    '.SH SEE ALSO',
    '.BR sqlite3 (1)',
  ].join('\n');
}

function commandPart({ name, description, usage, flags, notes = [], examples }: LoadedCommand): string[] {
  return [
    `.SS ${text(name)}`,
    ...usage.flatMap((words, i) => [
      ...(i > 0 ? ['.br'] : []),
      `.B litestream ${text(`${name} [flags] ${words}`.trimEnd())}`,
    ]),
    '.PP',
    text(description),
    ...Object.entries(flags).flatMap(([flag, value]) => [
      '.TP',
      `.BI ${text(`-${flag}`)}${value.kind === 'value' ? ` " ${text(value.placeholder)}"` : ''}`,
      text(value.help),
    ]),
    ...notes.flatMap((note) => ['.PP', text(note)]),
    ...examples.flatMap(([comment, line]) => ['.PP', text(comment), '.br', `.B $ litestream ${text(line)}`]),
  ];
}

/** Dashes, backslashes, quotes and leading points mean something in roff. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq');
  return escaped.replace(/^\./, '\\&.');
}
