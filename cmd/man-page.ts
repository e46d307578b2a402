import type { LoadedCommand } from './command.ts';

const environment: readonly (readonly [string, string])[] = [
  ['LITESTREAM_CONFIG', 'The config file, in place of /etc/litestream.yml.'],
  ['LITESTREAM_REPLICA_URL', 'Where replicate copies databases to that are named on the command line without a URL.'],
  [
    'LITESTREAM_ACCESS_KEY_ID, LITESTREAM_SECRET_ACCESS_KEY',
    'Credentials of S3 stores; those of AWS, AWS_ACCESS_KEY_ID and so on, go first.',
  ],
  ['LITESTREAM_S3_ENDPOINT', 'The endpoint of S3 URLs on the command line.'],
  ['LOG_LEVEL', 'debug, info, warn or error; goes before the config file.'],
  ['NO_COLOR', 'Set to anything: no colours.'],
];

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
    '.TP',
    '.B 0',
    'Done.',
    '.TP',
    '.B 1',
    'It could not be done; nothing is lost, and the message names what is in the way and the way out.',
    '.TP',
    '.B 2',
    'The command line is wrong.',
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, what]) => ['.TP', `.B ${text(name)}`, text(what)]),
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
