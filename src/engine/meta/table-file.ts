import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Checksum, emptyDatabaseChecksum, toChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import { type Txid, toTxid } from '../../format/ltx/txid.ts';
import { promptCalls } from '../../runtime/file-calls.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { EngineError } from '../engine-error.ts';

/** Entries that are held, read and checked together: 4 KiB. */
export const blockEntries = 512;
/** Entries that are read, or written, by one call where all of them are: 256 KiB, which other threads do. */
export const chunkEntries = 64 * blockEntries;

const magic = 0x5043_5331; // PCS1
const headerBytes = 40;
const entryBytes = BigUint64Array.BYTES_PER_ELEMENT;

/** Which state of the database a stored table describes. */
export interface TableTag {
  readonly txid: Txid;
  readonly checksum: Checksum;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
}

/**
 * A stored page-checksum table, held open to be read block by block. What each block has to give together is known since all of
 * them were checked, or written: one that gives something else is never handed out.
 */
export class TableFile {
  readonly path: string;
  readonly tag: TableTag;
  #sums: BigUint64Array;
  #descriptor: number | undefined;
  /** The block that was read last: whoever asks for every page asks in their order. */
  #last: { readonly index: number; readonly block: BigUint64Array } | undefined;

  private constructor(path: string, tag: TableTag, sums: BigUint64Array, descriptor: number) {
    this.path = path;
    this.tag = tag;
    this.#sums = sums;
    this.#descriptor = descriptor;
  }

  /** Opens and checks a table; undefined when there is none, when it cannot be read or when it is not what its head says. To be closed. */
  static async open(path: string): Promise<TableFile | undefined> {
    const descriptor = openIfThere(path);
    if (descriptor === undefined) return undefined;
    let file: TableFile | undefined;
    try {
      const tag = readTag(descriptor);
      const sums = tag && (await readSums(descriptor, tag.pageCount));
      if (sums !== undefined && checksumOf(sums) === tag!.checksum) file = new TableFile(path, tag!, sums, descriptor);
    } catch (error) {
      if (systemErrorCode(error) !== 'EIO') throw error; // a disk that has lost it will not give it back
    } finally {
      if (file === undefined) closeSync(descriptor);
    }
    return file;
  }

  /** Opens the table that was just written, with what its blocks give; undefined when that cannot be done now. To be closed. */
  static openWritten(path: string, tag: TableTag, sums: BigUint64Array): TableFile | undefined {
    try {
      return new TableFile(path, tag, sums, openSync(path, 'r'));
    } catch {
      return undefined;
    }
  }

  get blockCount(): number {
    return this.#sums.length;
  }

  /** The entries of a block, not to be changed; undefined beyond the last one. Throws EngineError `table-lost`. */
  block(index: number): BigUint64Array | undefined {
    if (this.#last?.index === index) return this.#last.block;
    const block = this.take(index);
    if (block !== undefined) this.#last = { index, block };
    return block;
  }

  /** The entries of a block, for the caller to keep. Throws EngineError `table-lost`. */
  take(index: number): BigUint64Array | undefined {
    if (this.#last?.index === index) this.#last = undefined;
    return index >= 0 && index < this.#sums.length ? this.#read(index) : undefined;
  }

  /** The XOR of a block's entries; 0n beyond the last one. */
  sum(index: number): bigint {
    return this.#sums[index] ?? 0n;
  }

  /** Forgets the blocks from one on. */
  cut(blockCount: number): void {
    this.#sums = this.#sums.subarray(0, blockCount);
    if (this.#last !== undefined && this.#last.index >= blockCount) this.#last = undefined;
  }

  /** Idempotent. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    this.#last = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #read(index: number): BigUint64Array {
    if (this.#descriptor === undefined) throw this.#lost('it is closed');
    const first = index * blockEntries;
    const block = new BigUint64Array(Math.min(blockEntries, this.tag.pageCount - first));
    let count: number;
    try {
      count = readSync(this.#descriptor, block, 0, block.byteLength, headerBytes + first * entryBytes);
    } catch (cause) {
      throw this.#lost('it cannot be read', cause);
    }
    if (count < block.byteLength) throw this.#lost('it was cut');
    if (xorOf(block) !== this.#sums[index]) throw this.#lost('it is not what was written');
    return block;
  }

  #lost(state: string, cause?: unknown): EngineError {
    return new EngineError('table-lost', `Cannot use the page-checksum table ${this.path}: ${state}`, {
      cause,
      hint: 'check the disk; where the table is damaged, the next file holds the whole database',
    });
  }
}

/** Magic, page size, page count, TXID, checksum; the entries follow in the machine's byte order. */
export function encodeTag({ txid, checksum, pageSizeBytes, pageCount }: TableTag): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, pageSizeBytes);
  view.setUint32(8, pageCount);
  view.setBigUint64(16, txid);
  view.setBigUint64(24, checksum);
  return bytes;
}

/** Undefined when the file is not as long as its head says, or has none. */
function readTag(descriptor: number): TableTag | undefined {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  const isWhole = readSync(descriptor, bytes, 0, headerBytes, 0) === headerBytes;
  const pageCount = view.getUint32(8);
  const { size } = fstatSync(descriptor);
  if (!isWhole || view.getUint32(0) !== magic || size !== headerBytes + pageCount * entryBytes) return undefined;
  const [txid, checksum] = [toTxid(view.getBigUint64(16)), toChecksum(view.getBigUint64(24))];
  return { txid, checksum, pageSizeBytes: view.getUint32(4), pageCount };
}

/** Undefined when the file ends before. */
async function readSums(descriptor: number, pageCount: number): Promise<BigUint64Array | undefined> {
  const sums = new BigUint64Array(Math.ceil(pageCount / blockEntries));
  const chunk = new BigUint64Array(Math.min(chunkEntries, pageCount));
  for (let first = 0; first < pageCount; first += chunkEntries) {
    const entries = chunk.subarray(0, pageCount - first);
    const bytes = new Uint8Array(entries.buffer, 0, entries.byteLength);
    const count = await promptCalls.read(descriptor, bytes, headerBytes + first * entryBytes);
    if (count < bytes.byteLength) return undefined;
    sums.set(sumsOf(entries), first / blockEntries);
  }
  return sums;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The database checksum of a table whose blocks give these. */
export function checksumOf(sums: BigUint64Array): Checksum {
  return xorChecksum(emptyDatabaseChecksum, xorOf(sums));
}

/** What each block of some entries gives. */
export function sumsOf(entries: BigUint64Array): BigUint64Array {
  const sums = new BigUint64Array(Math.ceil(entries.length / blockEntries));
  for (let i = 0; i < sums.length; i++) sums[i] = xorOf(entries.subarray(i * blockEntries, (i + 1) * blockEntries));
  return sums;
}

/** The XOR of some entries. By halves: a bigint for each entry of a large table would take most of a start. */
export function xorOf(entries: BigUint64Array): bigint {
  const halves = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2);
  const sum = new Uint32Array(2);
  for (let i = 0; i < halves.length; i += 2) {
    sum[0]! ^= halves[i]!;
    sum[1]! ^= halves[i + 1]!;
  }
  return new BigUint64Array(sum.buffer)[0]!;
}
