import { describeLimit, type FractionOfOther, isWithin, type Promised } from './promise.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** A promise and what was measured. */
export interface Verdict {
  readonly measure: string;
  readonly promised: string;
  /** Of the measure, or of its ratio to the other program's in the same round; null when there is none. */
  readonly median: number | null;
  readonly state: 'kept' | 'broken' | 'not measured';
}

/** Medians by measure. */
export type Measured = Readonly<Record<string, Spread>>;

/** The program that a promise compares with. */
export interface OtherProgram {
  readonly name: string;
  readonly measured: Measured;
}

/** Compares the medians of this project with what it promises. A promise about something not measured is broken. */
export function judge(promises: readonly Promised[], measured: Measured, other?: OtherProgram | undefined): Verdict[] {
  return promises.flatMap((promised) =>
    'timesLess' in promised ? judgeFraction(promised, measured, other) : [judgeLimit(promised, measured)],
  );
}

function judgeLimit(promised: Exclude<Promised, FractionOfOther>, measured: Measured): Verdict {
  const { measure, needs } = promised;
  const median = measured[measure]?.median ?? null;
  const missing = needs === undefined ? 'broken' : 'not measured';
  return {
    measure,
    promised: describeLimit(promised) + (median === null && needs !== undefined ? `, which takes ${needs}` : ''),
    median,
    state: median === null ? missing : isWithin(median, promised) ? 'kept' : 'broken',
  };
}

function judgeFraction(
  { measure, timesLess, published }: Extract<Promised, FractionOfOther>,
  measured: Measured,
  other: OtherProgram | undefined,
): Verdict[] {
  const fraction = `at most 1/${timesLess}`;
  const [own, theirs] = [measured[measure], other?.measured[measure]];
  if (own !== undefined && theirs !== undefined) {
    const { median } = spreadOf(own.rounds.map((value, round) => value / theirs.rounds[round]!));
    const state = median <= 1 / timesLess ? 'kept' : 'broken';
    return [{ measure, promised: `ratio to ${other!.name} ${fraction}`, median, state }];
  }
  const standIn = judgeLimit({ measure, atMost: published / timesLess }, measured);
  return [
    { measure, promised: `ratio to another program ${fraction}`, median: null, state: 'not measured' },
    { ...standIn, promised: `${standIn.promised}, 1/${timesLess} of what is published for another machine` },
  ];
}
