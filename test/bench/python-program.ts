import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root.ts';
import { BenchError } from './bench-error.ts';

export type PythonProgram =
  | 'make_database'
  | 'make_large_database'
  | 'measure'
  | 'closed_loop'
  | 'checkpoints'
  | 'commit'
  | 'append_rows'
  | 'fleet_writer'
  | 'compare';

/** Applications are Python's: another SQLite in another process, as in real life. */
export function pythonCommand(program: PythonProgram, args: readonly string[]): [command: string, args: string[]] {
  return ['python3', ['-B', join(projectRoot, 'test/bench/python', `${program}.py`), ...args]];
}

/** Runs a program to its end; resolves to what it printed. */
export async function runPython(program: PythonProgram, args: readonly string[]): Promise<string> {
  const [command, words] = pythonCommand(program, args);
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await outputOf(child);
  if (code !== 0) throw new BenchError(`Cannot run ${program}.py: it ended with ${code}. ${tail(stdout + stderr)}`);
  return stdout;
}

/** Collects what a process says until it ends. */
export function outputOf(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The last lines of an output, where the reason of a failure stands. */
export function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n');
}
