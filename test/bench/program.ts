import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A Litestream-compatible command line. */
export interface Program {
  /** In results. */
  readonly name: string;
  /** The command and its first arguments. */
  readonly words: readonly string[];
}

/** This project's own command, as it was compiled beside this file. */
export const ownProgram: Program = {
  name: 'this project',
  words: [process.execPath, fileURLToPath(new URL('../../bin/litestream.js', import.meta.url))],
};

/** A program given on the command line: a path, or a command with arguments. */
export function programOf(commandLine: string): Program {
  return { name: commandLine, words: commandLine.trim().split(/\s+/) };
}

/** The same program, started by another command: `taskset -c 0`, for instance. */
export function startedBy(command: readonly string[], { name, words }: Program): Program {
  return { name, words: [...command, ...words] };
}

/** What a program says about its version, on one line; the reason where it says nothing. */
export async function versionOf({ words: [command, ...args] }: Program): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command!, [...args, 'version'], { timeout: 10_000 });
    return stdout.trim().split('\n')[0] ?? '';
  } catch (error) {
    return `unknown: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}
