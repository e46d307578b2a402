import type { CommandIo } from './command.ts';
import { CommandError } from './command-error.ts';
import type { RestoreArguments } from './restore-arguments.ts';

/** Carries a restore out. Resolves to the exit code. */
export async function runRestore({ source }: RestoreArguments, _io: CommandIo): Promise<number> {
  throw new CommandError('not-wired', `Cannot restore ${source}: this build has no engine`);
}
