import type { Level } from '../../format/ltx/level.ts';
import { noTxid, type Txid, toTxid } from '../../format/ltx/txid.ts';
import type { LtxFileId, LtxFileInfo } from '../../replica/replica-client.ts';

/** What a file's header says that its name does not. */
export interface FileFacts {
  readonly timestampMs: number;
  readonly epoch: number;
}

const firstRoom = 16;
/** Most levels of most databases are empty. */
const noTxids = new BigUint64Array(0);
const noSizes = new Float64Array(0);
const noEpochs = new Uint32Array(0);

/** The files of one level, ascending by max TXID, in columns: a fleet of databases has many. */
export class LevelFiles {
  readonly level: Level;
  #length = 0;
  #minTxids = noTxids;
  #maxTxids = noTxids;
  #sizes = noSizes;
  /** NaN: not read yet. */
  #times = noSizes;
  #epochs = noEpochs;

  constructor(level: Level) {
    this.level = level;
  }

  get length(): number {
    return this.#length;
  }

  /** 0 when there is no file. */
  get newestTxid(): Txid {
    return this.#length === 0 ? noTxid : this.maxTxid(this.#length - 1);
  }

  at(index: number): LtxFileInfo {
    return {
      level: this.level,
      minTxid: this.minTxid(index),
      maxTxid: this.maxTxid(index),
      sizeBytes: this.#sizes[index]!,
    };
  }

  minTxid(index: number): Txid {
    return toTxid(this.#minTxids[index]!);
  }

  maxTxid(index: number): Txid {
    return toTxid(this.#maxTxids[index]!);
  }

  /** Undefined when the file is not among them. */
  indexOf({ minTxid, maxTxid }: LtxFileId): number | undefined {
    for (let index = this.firstPast((maxTxid - 1n) as Txid); index < this.#length; index++) {
      if (this.#maxTxids[index] !== maxTxid) return undefined;
      if (this.#minTxids[index] === minTxid) return index;
    }
    return undefined;
  }

  /** Undefined when nobody has read the file's header yet. */
  facts(index: number): FileFacts | undefined {
    const timestampMs = this.#times[index]!;
    return Number.isNaN(timestampMs) ? undefined : { timestampMs, epoch: this.#epochs[index]! };
  }

  setFacts(index: number, { timestampMs, epoch }: FileFacts): void {
    this.#times[index] = timestampMs;
    this.#epochs[index] = epoch;
  }

  /** The index of the first file that leads past a TXID; the length when there is none. */
  firstPast(txid: Txid): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#maxTxids[middle]! > txid) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** A file that is there already gets the new size and facts. */
  add({ minTxid, maxTxid, sizeBytes }: LtxFileInfo, facts?: FileFacts): void {
    let index = this.firstPast((maxTxid - 1n) as Txid);
    while (index < this.#length && this.#maxTxids[index] === maxTxid && this.#minTxids[index]! < minTxid) index++;
    const isThere = index < this.#length && this.#maxTxids[index] === maxTxid && this.#minTxids[index] === minTxid;
    if (!isThere) this.#insertAt(index);
    this.#minTxids[index] = minTxid;
    this.#maxTxids[index] = maxTxid;
    this.#sizes[index] = sizeBytes;
    if (facts !== undefined) this.setFacts(index, facts);
    else if (!isThere) this.#times[index] = Number.NaN;
  }

  remove(files: readonly LtxFileId[]): void {
    const gone = new Set(
      files.filter(({ level }) => level === this.level).map(({ minTxid, maxTxid }) => `${minTxid} ${maxTxid}`),
    );
    if (gone.size === 0) return;
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      if (gone.has(`${this.#minTxids[i]} ${this.#maxTxids[i]}`)) continue;
      for (const column of this.#columns()) column[kept] = column[i]!;
      kept++;
    }
    this.#length = kept;
    if (kept < this.#sizes.length / 4) this.#resize(Math.max(firstRoom, kept * 2));
  }

  #insertAt(index: number): void {
    if (this.#length === this.#sizes.length) this.#resize(Math.max(firstRoom, this.#length * 2));
    for (const column of this.#columns()) column.copyWithin(index + 1, index, this.#length);
    this.#length++;
  }

  #columns() {
    return [this.#minTxids, this.#maxTxids, this.#sizes, this.#times, this.#epochs];
  }

  #resize(room: number): void {
    const length = this.#length;
    this.#minTxids = resized(this.#minTxids, new BigUint64Array(room), length);
    this.#maxTxids = resized(this.#maxTxids, new BigUint64Array(room), length);
    this.#sizes = resized(this.#sizes, new Float64Array(room), length);
    this.#times = resized(this.#times, new Float64Array(room), length);
    this.#epochs = resized(this.#epochs, new Uint32Array(room), length);
  }
}

type Column = BigUint64Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

function resized<C extends Column>(old: C, fresh: C, length: number): C {
  for (let i = 0; i < length; i++) fresh[i] = old[i]!;
  return fresh;
}
