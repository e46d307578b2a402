import { UsageError } from './usage-error.ts';

/**
 * The words of an `-exec` command, split as a shell does: blanks, '...', "..." and backslashes. There is no shell in
 * between, so signals reach the command itself; what needs one says so: `sh -c '...'`.
 */
export function commandWords(command: string): [file: string, ...args: string[]] {
  const words: string[] = [];
  let word: string | undefined;
  const token = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|([\s\S])/g;
  for (const [match, single, double, escaped, plain, broken] of command.matchAll(token)) {
    if (broken !== undefined)
      throw unusable(command, `${broken === '\\' ? 'it ends in a backslash' : `${broken} is not closed`}`);
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (/^\s/.test(match) && word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  const [file, ...args] = words;
  if (file === undefined || file === '') throw unusable(command, 'it names no program');
  return [file, ...args];
}

function unusable(command: string, current: string): UsageError {
  return new UsageError('invalid-flag', `Cannot run ${JSON.stringify(command)}: ${current}`, {
    hint: "write it as in a shell, such as -exec 'node server.js'",
  });
}
