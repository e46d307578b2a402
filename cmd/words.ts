import { UsageError } from './usage-error.ts';

/** For commands that take flags only. */
export function refuseWords(command: string, words: readonly string[]): void {
  if (words.length === 0) return;
  throw new UsageError('arguments', `Cannot run ${command}: ${words.join(' ')} is more than it takes`, {
    hint: `litestream help ${command} shows what it takes`,
  });
}

/** For commands that take exactly one word. */
export function theOnlyWord(command: string, words: readonly string[], what: string, example: string): string {
  const [word, ...more] = words;
  if (word === undefined || word === '') {
    throw new UsageError('arguments', `Cannot run ${command}: ${what} is missing`, { hint: `litestream ${example}` });
  }
  if (more.length > 0) {
    throw new UsageError(
      'arguments',
      `Cannot run ${command}: ${more.join(' ')} is more than it takes, which is ${what}`,
      {
        hint: `litestream ${example}`,
      },
    );
  }
  return word;
}
