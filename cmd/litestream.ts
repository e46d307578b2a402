#!/usr/bin/env node
import { nearestName } from '../src/config/nearest-name.ts';
import { messageOf, TypedError } from '../src/runtime/typed-error.ts';
import type { Command, CommandIo } from './command.ts';
import { commands } from './command-list.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { asksForHelp } from './parse-arguments.ts';
import { processEnvironment } from './process-environment.ts';
import { UsageError } from './usage-error.ts';

const io: CommandIo = {
  print: (text) => process.stdout.write(`${text}\n`),
  tell: (text) => process.stderr.write(`${text}\n`),
  write: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  isOutputTerminal: process.stdout.isTTY === true,
  environment: processEnvironment(),
  loadCommands: async () => (await import('./load-commands.ts')).loadCommands(),
};

/** Resolves to the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    io.tell((await import('./help.ts')).overview());
    return exitCodes.usage;
  }
  if (name === '--version' || name === '-version') return main(['version', ...rest]);
  if (name === 'help' || asksForHelp(name)) return help(rest[0]);
  const command = await loadCommand(name);
  if (helpWanted(rest)) return help(name);
  if (name === 'wal') io.tell('Note: the command is called ltx, wal is its old name');
  return (await command.run(rest, io)) ?? exitCodes.done;
}

function helpWanted(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some(asksForHelp);
}

async function help(name: string | undefined): Promise<number> {
  const { helpOf, overview } = await import('./help.ts');
  io.print(name === undefined ? overview() : helpOf(await loadCommand(name)));
  return exitCodes.done;
}

async function loadCommand(name: string): Promise<Command> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry !== undefined) return entry.load();
  if (name.startsWith('-')) {
    throw new UsageError('unknown-flag', `Cannot use ${name}: flags go after the command`, {
      hint: 'litestream COMMAND [flags] [arguments]',
    });
  }
  const near = nearestName(name, Object.keys(commands));
  throw new UsageError('unknown-command', `Cannot run ${name}: there is no such command`, {
    hint: near === undefined ? 'litestream help lists all commands' : `did you mean litestream ${near}`,
  });
}

async function tellError(error: unknown): Promise<void> {
  io.tell(`Error: ${messageOf(error)}`);
  if (error instanceof TypedError && error.hint !== undefined) io.tell(`Hint: ${error.hint}`);
  if (!process.env.LITESTREAM_DEBUG || !(error instanceof Error)) return;
  const { SourcePositions } = await import('./source-positions.ts');
  io.tell(new SourcePositions().in(error.stack ?? ''));
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = exitCodeOf(error);
  await tellError(error);
}
