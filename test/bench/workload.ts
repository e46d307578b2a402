import type { BenchSize } from './bench-size.ts';
import type { Program } from './program.ts';
import type { Workspace } from './workspace.ts';

/** What one round measured; names end in their unit. */
export type Measures = Readonly<Record<string, number>>;

/** The measures of one round by program name; `withoutSidecar` where the workload also ran without any. */
export type Round = ReadonlyMap<string, Measures>;

/** Where a workload's measures without any program stand. */
export const withoutSidecar = 'without a sidecar';

/** What this project must keep: the median over the rounds is compared. */
export type Promised =
  | { readonly measure: string; readonly below: number }
  | { readonly measure: string; readonly atLeast: number };

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
  /** Makes what all rounds share; nothing of it is measured. */
  prepare?(bench: Bench, programs: readonly Program[]): Promise<void>;
  round(bench: Bench, programs: readonly Program[]): Promise<Round>;
}
