import { TypedError } from '../src/runtime/typed-error.ts';

export type CommandErrorCode = 'exec-failed' | 'stopped';

/** A command that was understood and cannot be carried out. Ends with exit code 1. */
export class CommandError extends TypedError<CommandErrorCode> {}
