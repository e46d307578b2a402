import type { ConfigEnvironment } from '../src/config/read-file.ts';
import type { Flags } from './flag.ts';
import { type ParsedArguments, parseArguments } from './parse-arguments.ts';

/** What a command may use of the process. */
export interface CommandIo {
  /** Writes to stdout, which is for results; a newline is added. */
  print(text: string): void;
  /** Writes to stderr, which is for everything else; a newline is added. */
  tell(text: string): void;
  /** Writes to stderr as it stands: log lines and progress bars. */
  write(text: string): void;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Whether stdout is a terminal. */
  readonly isOutputTerminal: boolean;
  readonly environment: ConfigEnvironment;
  /** Every command that the overview lists, in its order: for what is made of their texts. */
  loadCommands(): Promise<readonly LoadedCommand[]>;
}

export interface CommandSpec<F extends Flags> {
  readonly name: string;
  /** What it does, in one or a few sentences. */
  readonly description: string;
  /** The words after the flags, one entry for each way to call it. */
  readonly usage: readonly string[];
  readonly flags: F;
  /** Further paragraphs below the flags. */
  readonly notes?: readonly string[] | undefined;
  /** A comment and the command line it belongs to, without `litestream`. */
  readonly examples: readonly (readonly [comment: string, line: string])[];
  /** Resolves to the exit code; undefined is 0. */
  run(parsed: ParsedArguments<F>, io: CommandIo): Promise<number | undefined>;
}

export interface Command extends Omit<CommandSpec<Flags>, 'run'> {
  run(argv: readonly string[], io: CommandIo): Promise<number | undefined>;
}

export interface LoadedCommand extends Command {
  /** What the overview says of it. */
  readonly summary: string;
}

/** Ties a command's flags to the types its `run` sees. */
export function defineCommand<F extends Flags>(spec: CommandSpec<F>): Command {
  return { ...spec, run: (argv, io) => spec.run(parseArguments(spec.name, spec.flags, argv), io) };
}

/** JSON as Litestream prints it. */
export function printJson(io: CommandIo, value: unknown): void {
  io.print(JSON.stringify(value, null, 2));
}
