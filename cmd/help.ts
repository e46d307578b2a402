import type { Command } from './command.ts';
import { commands } from './command-list.ts';

/** What `litestream help` prints. */
export function overview(): string {
  const shown = Object.entries(commands).filter(([, entry]) => entry.hidden !== true);
  const width = Math.max(...shown.map(([name]) => name.length)) + 4;
  return [
    'litestream copies every change of SQLite databases to replicas and restores any moment.',
    '',
    'Usage:',
    '',
    '  litestream COMMAND [flags] [arguments]',
    '',
    'Commands:',
    '',
    ...shown.map(([name, entry]) => `  ${name.padEnd(width)}${entry.summary}`),
    '',
    'Examples:',
    '',
    '  $ litestream replicate app.db',
    '  $ litestream restore -o copy.db app.db',
    '  $ litestream help restore',
  ].join('\n');
}

/** What `litestream help COMMAND` prints. */
export function helpOf(command: Command): string {
  const lines = [...wrap(command.description, 80), '', 'Usage:', ''];
  for (const usage of command.usage) lines.push(`  litestream ${command.name} [flags] ${usage}`.trimEnd());
  lines.push('', 'Flags:', '');
  for (const [name, flag] of Object.entries(command.flags)) {
    lines.push(`  -${name}${flag.kind === 'value' ? ` ${flag.placeholder}` : ''}`);
    lines.push(...wrap(flag.help, 72).map((line) => `      ${line}`));
  }
  for (const note of command.notes ?? []) lines.push('', ...wrap(note, 80));
  lines.push('', 'Examples:');
  for (const [comment, line] of command.examples) lines.push('', `  # ${comment}`, `  $ litestream ${line}`);
  return lines.join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
