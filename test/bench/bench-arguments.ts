import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import { type BenchSize, fullSize, smokeSize } from './bench-size.ts';
import { ownProgram, type Program, programOf } from './program.ts';
import type { Workload } from './workload.ts';

export const usage = `npm run bench -- [flags] [WORKLOAD...]

  --rounds N         how many rounds count (default 5)
  --program COMMAND  another Litestream-compatible program to run beside this project; may be repeated
  --seconds N        how long one side of a round writes (default ${fullSize.loadSeconds})
  --assert           exit with 1 when a median breaks a promise
  --smoke            tiny sizes, one round, no warm-up: shows that everything runs, and nothing else`;

export interface BenchArguments {
  readonly runs: readonly WorkloadRun[];
  /** Every program that was given, this project first. */
  readonly programs: readonly Program[];
  readonly roundCount: number;
  readonly warmUp: boolean;
  readonly size: BenchSize;
  readonly assert: boolean;
}

/** A workload and the programs that run it. */
export interface WorkloadRun {
  readonly workload: Workload;
  readonly programs: readonly Program[];
}

/** What to run. Throws BenchError. */
export function benchArguments(argv: readonly string[], all: readonly Workload[]): BenchArguments {
  const { values, positionals } = parse(argv);
  const roundCount = positive('--rounds', values.rounds ?? (values.smoke ? '1' : '5'));
  const size = values.smoke ? smokeSize : fullSize;
  const loadSeconds = values.seconds === undefined ? size.loadSeconds : positive('--seconds', values.seconds);
  const programs = [ownProgram, ...values.program.map(programOf)];
  const runs =
    positionals.length === 0
      ? all.map((workload) => ({ workload, programs: workload.othersOnlyWhenNamed ? [ownProgram] : programs }))
      : positionals.map((name) => ({ workload: named(name, all), programs }));
  return {
    runs,
    programs,
    roundCount,
    warmUp: !values.smoke,
    size: { ...size, loadSeconds },
    assert: values.assert,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        program: { type: 'string', multiple: true, default: [] },
        assert: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BenchError(`Cannot read the arguments: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

function named(name: string, all: readonly Workload[]): Workload {
  const found = all.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  const names = all.map((workload) => workload.name).join(', ');
  throw new BenchError(`Cannot run "${name}": no workload has that name, there are ${names}\n\n${usage}`);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new BenchError(`Cannot use ${flag}: "${text}" is not a whole number above 0`);
}
