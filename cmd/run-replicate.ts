import type { CommandIo } from './command.ts';
import { CommandError } from './command-error.ts';
import type { ReplicateArguments } from './replicate-arguments.ts';

/** Replicates until a signal or, with `once`, until everything is shipped. Resolves to the exit code. */
export async function runReplicate({ config }: ReplicateArguments, _io: CommandIo): Promise<number> {
  const names = [...config.databases.map(({ path }) => path), ...config.directories.map(({ directory }) => directory)];
  throw new CommandError('not-wired', `Cannot replicate ${names.join(', ')}: this build has no engine`);
}
