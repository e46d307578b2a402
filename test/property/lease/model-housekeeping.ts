import type { ModelWriter, WriterHost } from './model-writer.ts';
import type { SimulatedStore, WideFile } from './simulated-store.ts';

/** Compaction and retention of one process: only up to what this process knows to be acknowledged, under its epoch. */
export class ModelHousekeeping {
  readonly #store: SimulatedStore;
  readonly #host: WriterHost;

  constructor(store: SimulatedStore, host: WriterHost) {
    this.#store = store;
    this.#host = host;
  }

  /** Compacts level 0 from where the last compaction ended to `upTo`. */
  compact(writer: ModelWriter, upTo: number, then: () => void = () => {}): void {
    const last = Math.max(0, ...[...this.#store.wide.values()].map(({ max }) => max));
    this.#write(writer, last + 1, upTo, then);
  }

  /** Compacts, then deletes what that serves. */
  compactAndDelete(writer: ModelWriter, upTo: number): void {
    this.compact(writer, upTo, () => {
      const fenced = this.#fenced();
      const newest = this.#store.head?.txid ?? 0;
      const served = [...this.#store.level0.keys()].filter(
        (txid) => txid <= upTo && txid < newest && !fenced.has(txid),
      );
      this.#mutate(
        writer,
        () => this.#store.delete(served, []),
        () => {},
      );
    });
  }

  /** Writes a snapshot of TXID `upTo` and gives up every moment before it. */
  retire(writer: ModelWriter, upTo: number): void {
    this.#write(writer, 1, upTo, () => {
      this.#store.horizon = Math.max(this.#store.horizon, upTo);
      const fenced = this.#fenced();
      const older = [...this.#store.level0.keys()].filter((txid) => txid < upTo);
      const wide = [...this.#store.wide].filter(([key, { max }]) => max <= upTo && key !== `1-${upTo}`);
      const keys = wide.map(([key]) => key);
      this.#mutate(
        writer,
        () =>
          this.#store.delete(
            older.filter((txid) => !fenced.has(txid)),
            keys,
          ),
        // the epoch files go last: until now there were moments at or before them
        () =>
          this.#mutate(
            writer,
            () => this.#store.delete(older, []),
            () => {},
          ),
      );
    });
  }

  #write(writer: ModelWriter, min: number, max: number, then: () => void): void {
    const states: number[] = [];
    for (let txid = min; txid <= max; txid += 1) {
      const state = this.#read(writer, txid);
      if (state === undefined) return;
      states.push(state);
    }
    if (states.length === 0) return;
    const file: WideFile = { min, max, states };
    this.#mutate(writer, () => this.#store.createWide(file), then);
  }

  /** What was there before our epoch file is read from the replica. */
  #read(writer: ModelWriter, txid: number): number | undefined {
    const local = txid > writer.epochFile ? writer.lineage.at(txid)?.state : undefined;
    if (local !== undefined) return local;
    for (const { min, max, states } of this.#store.wide.values())
      if (min <= txid && txid <= max) return states[txid - min];
    return this.#store.level0.get(txid)?.state;
  }

  /** The rule of the engine's retention: the first and the last file of each epoch. */
  #fenced(): Set<number> {
    const files = [...this.#store.level0.values()].sort((a, b) => a.txid - b.txid);
    const fenced = new Set<number>();
    for (const [i, file] of files.entries()) {
      const before = files[i - 1];
      if (before?.epoch === file.epoch) continue;
      fenced.add(file.txid);
      if (before !== undefined) fenced.add(before.txid);
    }
    return fenced;
  }

  /** Checked again right before it is sent. */
  #mutate<T>(writer: ModelWriter, effect: () => T, then: () => void): void {
    if (writer.settledTxid !== undefined) this.#host.call(effect, then);
  }
}
