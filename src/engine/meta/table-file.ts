import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { emptyDatabaseChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import { promptCalls } from '../../runtime/file-calls.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { EngineError } from '../engine-error.ts';
import { blockChecks, blockEntries, chunkEntries, tableCheck, xorOf } from './table-blocks.ts';
import { decodeTableHead, type TableHead, type TableTag, tableHeadBytes } from './table-head.ts';

const entryBytes = BigUint64Array.BYTES_PER_ELEMENT;

/**
 * A stored page-checksum table, held open to be read block by block. The check of each block is known since all of them were
 * read, or written: one that does not give it is never handed out.
 */
export class TableFile {
  readonly path: string;
  readonly tag: TableTag;
  #checks: Uint32Array;
  #descriptor: number | undefined;
  readonly #buffer = new BigUint64Array(blockEntries);
  /** The block that the buffer holds: whoever asks for every page asks in their order. */
  #last: { readonly index: number; readonly block: BigUint64Array } | undefined;

  private constructor(path: string, tag: TableTag, checks: Uint32Array, descriptor: number) {
    this.path = path;
    this.tag = tag;
    this.#checks = checks;
    this.#descriptor = descriptor;
  }

  /** Opens and reads a table; undefined when there is none, when it cannot be read or when it is not what its head says. To be closed. */
  static async open(path: string): Promise<TableFile | undefined> {
    const descriptor = openIfThere(path);
    if (descriptor === undefined) return undefined;
    let file: TableFile | undefined;
    try {
      const head = readHead(descriptor);
      const checks = head && (await readChecks(descriptor, head));
      if (checks !== undefined) file = new TableFile(path, head!.tag, checks, descriptor);
    } catch (error) {
      if (systemErrorCode(error) !== 'EIO') throw error; // a disk that has lost it will not give it back
    } finally {
      if (file === undefined) closeSync(descriptor);
    }
    return file;
  }

  /** Opens the table that was just written, whose blocks have these checks; undefined when that cannot be done now. To be closed. */
  static openWritten(path: string, tag: TableTag, checks: Uint32Array): TableFile | undefined {
    try {
      return new TableFile(path, tag, checks, openSync(path, 'r'));
    } catch {
      return undefined;
    }
  }

  get blockCount(): number {
    return this.#checks.length;
  }

  /** The entries of a block, good until the next call; undefined beyond the last one. Throws EngineError `table-lost`. */
  block(index: number): BigUint64Array | undefined {
    if (index < 0 || index >= this.#checks.length) return undefined;
    if (this.#last?.index === index) return this.#last.block;
    const block = this.#buffer.subarray(0, this.tag.pageCount - index * blockEntries);
    this.#last = undefined;
    this.#read(index, block);
    this.#last = { index, block };
    return block;
  }

  /** The entries of a block, for the caller to keep; undefined beyond the last one. Throws EngineError `table-lost`. */
  take(index: number): BigUint64Array | undefined {
    return this.block(index)?.slice();
  }

  /** Forgets the blocks from one on. */
  cut(blockCount: number): void {
    this.#checks = this.#checks.subarray(0, blockCount);
  }

  /** Idempotent. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    this.#last = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #read(index: number, block: BigUint64Array): void {
    if (this.#descriptor === undefined) throw this.#lost('it is closed');
    let count: number;
    try {
      const position = tableHeadBytes + index * blockEntries * entryBytes;
      count = readSync(this.#descriptor, block, 0, block.byteLength, position);
    } catch (cause) {
      throw this.#lost('it cannot be read', cause);
    }
    if (count < block.byteLength) throw this.#lost('it was cut');
    if (crc32(block) !== this.#checks[index]) throw this.#lost('it is not what was written');
  }

  #lost(state: string, cause?: unknown): EngineError {
    return new EngineError('table-lost', `Cannot use the page-checksum table ${this.path}: ${state}`, {
      cause,
      hint: 'check the disk; where neither table nor local files tell what was there, the next file holds the whole database',
    });
  }
}

/** Undefined when the file has no head, or another length than that says. */
function readHead(descriptor: number): TableHead | undefined {
  const bytes = new Uint8Array(tableHeadBytes);
  const head = decodeTableHead(bytes.subarray(0, readSync(descriptor, bytes, 0, tableHeadBytes, 0)));
  const sizeBytes = tableHeadBytes + (head?.tag.pageCount ?? 0) * entryBytes;
  return fstatSync(descriptor).size === sizeBytes ? head : undefined;
}

/** The check of each block; undefined when the entries are not those that the head was written for. */
async function readChecks(descriptor: number, { tag, check }: TableHead): Promise<Uint32Array | undefined> {
  const { pageCount, checksum } = tag;
  const checks = new Uint32Array(Math.ceil(pageCount / blockEntries));
  const chunk = new BigUint64Array(Math.min(chunkEntries, pageCount));
  let sum = 0n;
  for (let first = 0; first < pageCount; first += chunkEntries) {
    const entries = chunk.subarray(0, pageCount - first);
    const bytes = new Uint8Array(entries.buffer, 0, entries.byteLength);
    const count = await promptCalls.read(descriptor, bytes, tableHeadBytes + first * entryBytes);
    if (count < bytes.byteLength) return undefined;
    checks.set(blockChecks(entries), first / blockEntries);
    sum ^= xorOf(entries);
  }
  const isWhole = check === 0 || check === tableCheck(checks);
  return isWhole && xorChecksum(emptyDatabaseChecksum, sum) === checksum ? checks : undefined;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
