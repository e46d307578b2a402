import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from './bench-error.ts';
import type { Program } from './program.ts';
import { outputOf, pythonCommand, tail } from './python-program.ts';
import { runEnvironment } from './run-environment.ts';

const bytesPerMegabyte = 1e6;

/** What a whole run of a program took. */
export interface RunCost {
  readonly wallSeconds: number;
  /** User and system time of all its processes. */
  readonly cpuSeconds: number;
  /** The most memory all its processes held together. */
  readonly peakMegabytes: number;
}

interface Report {
  readonly code: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Runs a program to its end and measures it from outside. `folder` takes the report. Throws BenchError when it fails. */
export async function measuredRun(program: Program, args: readonly string[], folder: string): Promise<RunCost> {
  const reportPath = join(folder, 'report.json');
  const [command, words] = pythonCommand('measure', [reportPath, ...program.words, ...args]);
  const child = spawn(command, words, { env: runEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await outputOf(child);
  if (code !== 0)
    throw new BenchError(`Cannot measure ${program.name}: measure.py ended with ${code}. ${tail(stderr)}`);
  const report = JSON.parse(await readFile(reportPath, 'utf8')) as Report;
  if (report.code !== 0) {
    const said = tail(stdout + stderr);
    throw new BenchError(`Cannot measure ${program.name}: ${args[0]} ended with ${report.code}. It said:\n${said}`);
  }
  const { wallSeconds, cpuSeconds, peakBytes } = report;
  return { wallSeconds, cpuSeconds, peakMegabytes: peakBytes / bytesPerMegabyte };
}
