import type { BenchSize } from './bench-size.ts';
import { judge, type Measured, type OtherProgram, type Verdict } from './judge.ts';
import { ownProgram, type Program } from './program.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Measures, Round, Workload } from './workload.ts';
import type { Workspace } from './workspace.ts';

export interface RunOptions {
  readonly programs: readonly Program[];
  readonly roundCount: number;
  /** Whether a round that does not count comes first, so that caches are as full for the first as for the last. */
  readonly warmUp: boolean;
  readonly size: BenchSize;
  readonly workspace: Workspace;
  /** Told about every round as it ends. */
  readonly tell: (line: string) => void;
}

export interface WorkloadResult {
  readonly workload: string;
  readonly about: string;
  /** By program, then by measure. */
  readonly measured: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  readonly warmUp: Readonly<Record<string, Measures>> | undefined;
  readonly promises: readonly Verdict[];
}

/** Runs the rounds of one workload. The programs take turns in going first. */
export async function runWorkload(workload: Workload, options: RunOptions): Promise<WorkloadResult> {
  const { programs, roundCount, warmUp, tell } = options;
  try {
    await workload.prepare?.(options, programs);
    const inspected = await workload.inspect?.(options, programs);
    if (inspected !== undefined && inspected.size > 0) tell(`${workload.name} inspected ${oneLine(inspected)}`);
    const first = warmUp ? await workload.round(options, programs) : undefined;
    if (first !== undefined) tell(`${workload.name} warm-up ${oneLine(first)}`);
    const rounds: Round[] = [];
    for (let turn = 0; turn < roundCount; turn++) {
      const round = await workload.round(options, rotated(programs, turn));
      tell(`${workload.name} round ${turn + 1}/${roundCount} ${oneLine(round)}`);
      rounds.push(round);
    }
    const measured = spreads(rounds, inspected);
    return {
      workload: workload.name,
      about: workload.about,
      measured,
      warmUp: first === undefined ? undefined : Object.fromEntries(first),
      promises: judge(workload.promises, measured[ownProgram.name] ?? {}, otherOf(programs, measured)),
    };
  } finally {
    await workload.release?.(options);
  }
}

/** Promises compare with the first program that was given. */
function otherOf(programs: readonly Program[], measured: Readonly<Record<string, Measured>>): OtherProgram | undefined {
  const name = programs.find((program) => program !== ownProgram)?.name;
  return name === undefined ? undefined : { name, measured: measured[name] ?? {} };
}

function spreads(rounds: readonly Round[], inspected: Round = new Map()): Record<string, Record<string, Spread>> {
  const [first = new Map<string, Measures>()] = rounds;
  return Object.fromEntries(
    [...first].map(([program, measures]) => {
      const timed = Object.keys(measures).map(
        (name) => [name, spreadOf(rounds.map((round) => round.get(program)![name]!))] as const,
      );
      const seen = Object.entries(inspected.get(program) ?? {}).map(
        ([name, value]) => [name, spreadOf([value])] as const,
      );
      return [program, Object.fromEntries([...timed, ...seen])];
    }),
  );
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function oneLine(round: Round): string {
  const parts = [...round].map(([program, measures]) => {
    const values = Object.entries(measures).map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`);
    return `[${program}] ${values.join(' ')}`;
  });
  return parts.join(' ');
}
