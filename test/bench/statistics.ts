/** What several rounds measured: nothing is dropped. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** In the order they were run. */
  readonly rounds: readonly number[];
}

export function spreadOf(rounds: readonly number[]): Spread {
  const rounded = rounds.map(rounded4);
  return {
    min: Math.min(...rounded),
    median: rounded4(quantile(rounds, 0.5)),
    max: Math.max(...rounded),
    rounds: rounded,
  };
}

/** The value below which a share of the values lies, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

/** Four significant digits say more than any run can repeat. */
function rounded4(value: number): number {
  return Number(value.toPrecision(4));
}
