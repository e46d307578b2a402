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

export interface MeasuredRun {
  readonly cost: RunCost;
  /** What the process itself read and wrote, with the files of its own program and from whatever cache. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly stdout: string;
}

export interface RunPlace {
  /** Takes the report. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

interface Report {
  readonly code: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Runs a program to its end and measures it from outside. Throws BenchError when it fails. */
export async function measuredRun(
  program: Program,
  args: readonly string[],
  { folder, environment }: RunPlace,
): Promise<MeasuredRun> {
  const reportPath = join(folder, 'report.json');
  const [command, words] = pythonCommand('measure', [reportPath, ...program.words, ...args]);
  const env = { ...runEnvironment(), ...environment };
  const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await outputOf(child);
  if (code !== 0)
    throw new BenchError(`Cannot measure ${program.name}: measure.py ended with ${code}. ${tail(stderr)}`);
  const report = JSON.parse(await readFile(reportPath, 'utf8')) as Report;
  if (report.code !== 0) {
    const said = tail(stdout + stderr);
    throw new BenchError(`Cannot measure ${program.name}: ${args[0]} ended with ${report.code}. It said:\n${said}`);
  }
  const { wallSeconds, cpuSeconds, peakBytes, readBytes, writtenBytes } = report;
  return {
    cost: { wallSeconds, cpuSeconds, peakMegabytes: peakBytes / bytesPerMegabyte },
    readBytes,
    writtenBytes,
    stdout,
  };
}
