import type { LoadedCommand } from '../../../cmd/command.ts';
import { environmentVariables } from '../../../cmd/environment-variables.ts';
import { exitMeanings } from '../../../cmd/exit-code.ts';
import { code, generatedBy, plain, table } from './markdown.ts';

/** docs/reference/commands.md: the texts of `litestream help COMMAND`. */
export function commandsPage(commands: readonly LoadedCommand[]): string {
  const rows = commands.map(({ name, summary }) => [`[${name}](#${name})`, plain(summary)]);
  return [
    generatedBy('the help texts in cmd/'),
    '# Commands',
    'The same as `litestream help COMMAND` and `litestream man`. Flags take one dash or two, as `-name value` or `-name=value`, before or after the arguments. Durations are written as `500ms`, `1m30s` or `24h`. Results go to standard output, everything else to standard error. What `-json` prints: [json.md](json.md).',
    table(['command', 'what it does'], rows),
    ...commands.flatMap(commandPart),
    '## Exit codes',
    table(
      ['code', 'what it says'],
      exitMeanings.map(([exitCode, what]) => [String(exitCode), what]),
    ),
    '`replicate` with `-exec` or `exec` ends with the code of that command.',
    '## Environment variables',
    table(
      ['variable', 'what it does'],
      environmentVariables.map(([name, what]) => [name.split(', ').map(code).join(', '), plain(what)]),
    ),
  ].join('\n\n');
}

function commandPart({ name, description, usage, flags, notes = [], examples }: LoadedCommand): string[] {
  const lines = usage.map((words) => `litestream ${`${name} [flags] ${words}`.trimEnd()}`);
  const rows = Object.entries(flags).map(([flag, value]) => [
    code(value.kind === 'value' ? `-${flag} ${value.placeholder}` : `-${flag}`),
    plain(value.help),
  ]);
  return [
    `## ${name}`,
    plain(description),
    ['```text', ...lines, '```'].join('\n'),
    ...(rows.length > 0 ? [table(['flag', 'what it does'], rows)] : []),
    ...notes.map(plain),
    ['```sh', ...examples.flatMap(([comment, line]) => [`# ${comment}`, `litestream ${line}`]), '```'].join('\n'),
  ];
}
