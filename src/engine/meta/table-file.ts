import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { emptyDatabaseChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import { promptCalls } from '../../runtime/file-calls.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { EngineError } from '../engine-error.ts';
import { blockCheck, blockCountOf, blockEntries, chunkEntries, newChunk, tableCheck, xorOf } from './table-blocks.ts';
import { decodeTableHead, type TableHead, type TableTag, tableHeadBytes } from './table-head.ts';
import type { TableSource } from './write-table-file.ts';

const entryBytes = BigUint64Array.BYTES_PER_ELEMENT;

/**
 * A stored page-checksum table, held open to be read block by block. The check of each block is known since all of them were
 * read, or written: one that does not give it is never handed out.
 */
export class TableFile implements TableSource {
  readonly path: string;
  readonly tag: TableTag;
  #checks: Uint32Array;
  #descriptor: number | undefined;
  readonly #buffer = new BigUint64Array(blockEntries);
  /** The block that the buffer holds: whoever asks for every page asks in their order. */
  #bufferedIndex: number | undefined;

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
    if (this.#bufferedIndex === index) return this.#buffer;
    this.#bufferedIndex = undefined;
    this.fill(index * blockEntries, this.#buffer);
    this.confirm(index, blockCheck(this.#buffer));
    this.#bufferedIndex = index;
    return this.#buffer;
  }

  /** The entries of a block, for the caller to keep; undefined beyond the last one. Throws EngineError `table-lost`. */
  take(index: number): BigUint64Array | undefined {
    return this.block(index)?.slice(0, this.tag.pageCount - index * blockEntries);
  }

  /** As a source of entries: whatever is there, 0n beyond the last block. Throws EngineError `table-lost` where nothing can be read. */
  fill(first: number, entries: BigUint64Array): void {
    const end = Math.min(this.tag.pageCount, this.#checks.length * blockEntries);
    const there = entries.subarray(0, Math.max(0, end - first));
    entries.fill(0n, there.length);
    if (this.#descriptor === undefined) throw this.#lost('it is closed');
    let count: number;
    try {
      count = readSync(this.#descriptor, there, 0, there.byteLength, tableHeadBytes + first * entryBytes);
    } catch (cause) {
      throw this.#lost('it cannot be read', cause);
    }
    if (count < there.byteLength) throw this.#lost('it was cut');
  }

  /** Throws EngineError `table-lost` unless a block of these entries has this check. */
  confirm(index: number, check: number): void {
    if (index < this.#checks.length && check !== this.#checks[index]) throw this.#lost('it is not what was written');
  }

  /** Forgets the blocks from one on. */
  cut(blockCount: number): void {
    this.#checks = this.#checks.subarray(0, blockCount);
  }

  /** Idempotent. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    this.#bufferedIndex = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
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
  const checks = new Uint32Array(blockCountOf(pageCount));
  const chunk = newChunk(pageCount);
  let sum = 0n;
  for (let first = 0; first < pageCount; first += chunkEntries) {
    const entries = chunk.subarray(0, pageCount - first);
    const bytes = new Uint8Array(entries.buffer, 0, entries.byteLength);
    const count = await promptCalls.read(descriptor, bytes, tableHeadBytes + first * entryBytes);
    if (count < bytes.byteLength) return undefined;
    chunk.fill(0n, entries.length);
    for (let at = 0; at < entries.length; at += blockEntries)
      checks[(first + at) / blockEntries] = blockCheck(chunk.subarray(at, at + blockEntries));
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
