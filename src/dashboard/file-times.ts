import type { Txid } from '../format/ltx/txid.ts';

/** A state whose time stands in a header that was read. */
export interface KnownTime {
  readonly txid: Txid;
  readonly timeMs: number;
}

/** When states were made: known of some, and in between taken as evenly spread. Times rise with TXIDs in files of ours. */
export class FileTimes {
  /** Ascending. */
  readonly #known: readonly KnownTime[];

  constructor(known: Iterable<KnownTime>) {
    this.#known = [...known].sort((a, b) => (a.txid < b.txid ? -1 : 1));
  }

  /** Undefined when nothing is known. Before the first and after the last known state it is that one's time. */
  at(txid: Txid): number | undefined {
    let low = 0;
    let high = this.#known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#known[middle]!.txid < txid) low = middle + 1;
      else high = middle;
    }
    const after = this.#known[low];
    const before = this.#known[low - 1];
    if (after === undefined || before === undefined) return (after ?? before)?.timeMs;
    const share = Number(txid - before.txid) / Number(after.txid - before.txid);
    return before.timeMs + share * (after.timeMs - before.timeMs);
  }
}

/** So many of the items, evenly chosen, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
