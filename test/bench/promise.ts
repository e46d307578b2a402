/** What this project must keep: the median over the rounds is compared. */
export type Promised = {
  readonly measure: string;
  /** What a machine may lack. Without it the measure is missing and the promise not measured, instead of broken. */
  readonly needs?: string | undefined;
} & Limit;

export type Limit =
  | { readonly below: number }
  | { readonly atMost: number }
  | { readonly atLeast: number }
  | FractionOfOther;

/**
 * At most one part in so many of what the other program of the same round needs. Where there is none, the same part of
 * what was published for it stands in, which holds for one machine only.
 */
export interface FractionOfOther {
  readonly timesLess: number;
  readonly published: number;
}

/** A limit in words. */
export function describeLimit(limit: Exclude<Limit, FractionOfOther>): string {
  if ('below' in limit) return `below ${limit.below}`;
  return 'atMost' in limit ? `at most ${limit.atMost}` : `at least ${limit.atLeast}`;
}

export function isWithin(value: number, limit: Exclude<Limit, FractionOfOther>): boolean {
  if ('below' in limit) return value < limit.below;
  return 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast;
}
