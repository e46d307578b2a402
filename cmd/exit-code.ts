import { ConfigError } from '../src/config/config-error.ts';
import { UsageError } from './usage-error.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** What each says, for the manual page and the reference. */
export const exitMeanings: readonly (readonly [code: number, what: string])[] = [
  [exitCodes.done, 'Done.'],
  [
    exitCodes.failed,
    'It could not be done; nothing is lost, and the message names what is in the way and the way out.',
  ],
  [exitCodes.usage, 'The command line is wrong.'],
];

/** The code that the process ends with after an error: 2 when the command line is to blame, else 1. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof ConfigError && error.code === 'usage') return exitCodes.usage;
  return exitCodes.failed;
}
