import type { BenchSize } from './bench-size.ts';
import type { Program } from './program.ts';
import type { Promised } from './promise.ts';
import type { Workspace } from './workspace.ts';

/** What one round measured; names end in their unit. */
export type Measures = Readonly<Record<string, number>>;

/** The measures of one round by program name; `withoutSidecar` where the workload also ran without any. */
export type Round = ReadonlyMap<string, Measures>;

/** Where a workload's measures without any program stand. */
export const withoutSidecar = 'without a sidecar';

export interface Bench {
  readonly workspace: Workspace;
  readonly size: BenchSize;
}

/** One workload: runs each program once a round, in the order given. */
export interface Workload {
  readonly name: string;
  /** One sentence for people who read the numbers. */
  readonly about: string;
  readonly promises: readonly Promised[];
  /** Runs other programs only where this workload is named: it takes long, and they have not asked for it. */
  readonly othersOnlyWhenNamed?: boolean | undefined;
  /** Makes what all rounds share; nothing of it is measured. */
  prepare?(bench: Bench, programs: readonly Program[]): Promise<void>;
  /** Looks once, in a run that is not timed, at what would cost time to look at. */
  inspect?(bench: Bench, programs: readonly Program[]): Promise<Round>;
  round(bench: Bench, programs: readonly Program[]): Promise<Round>;
  /** Gives back what `prepare` made, also after a failure. */
  release?(bench: Bench): Promise<void>;
}

/** Runs one program after the other. */
export async function roundOf(
  programs: readonly Program[],
  measure: (program: Program) => Promise<Measures>,
): Promise<Round> {
  const round = new Map<string, Measures>();
  for (const program of programs) round.set(program.name, await measure(program));
  return round;
}
