import { readFile } from 'node:fs/promises';
import { lockPgno } from '../../format/database/lock-page.ts';
import { type Checksum, emptyDatabaseChecksum, toChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import { type Txid, toTxid } from '../../format/ltx/txid.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { DurablePurpose } from '../../runtime/durable-step.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';

const blockEntries = 8192;
const firstEntries = 64;
const magic = 0x5043_5331; // PCS1
const headerBytes = 40;

/** Which state of the database a stored table describes. */
export interface TableTag {
  readonly txid: Txid;
  readonly checksum: Checksum;
}

/** Checksums of pages that a file brings, ascending by page number, and the database's size after it. */
export interface PageChanges {
  readonly pgnos: readonly Uint32Array[];
  readonly checksums: readonly BigUint64Array[];
  readonly commit: number;
}

/**
 * The checksum of every page at the present position, 8 bytes each: what tells changed pages from unchanged ones when
 * continuity was lost. Never rebuilt from the live database, which would erase the evidence.
 */
export class PageChecksumTable {
  readonly pageSizeBytes: number;
  readonly #blocks: BigUint64Array[] = [];
  #pageCount = 0;
  #checksum: Checksum = emptyDatabaseChecksum;

  constructor(pageSizeBytes: number) {
    this.pageSizeBytes = pageSizeBytes;
  }

  get pageCount(): number {
    return this.#pageCount;
  }

  /** The database checksum: XOR over all pages. */
  get checksum(): Checksum {
    return this.#checksum;
  }

  /** The checksum of a page; 0n for one that is not there, and for the lock page. */
  get(pgno: number): bigint {
    return this.#blocks[Math.floor((pgno - 1) / blockEntries)]?.[(pgno - 1) % blockEntries] ?? 0n;
  }

  set(pgno: number, checksum: bigint): void {
    const old = this.get(pgno);
    const index = Math.floor((pgno - 1) / blockEntries);
    this.#makeRoom(index, (pgno - 1) % blockEntries);
    this.#blocks[index]![(pgno - 1) % blockEntries] = checksum;
    this.#checksum = xorChecksum(this.#checksum, old ^ checksum);
    this.#pageCount = Math.max(this.#pageCount, pgno);
  }

  #fill(entries: BigUint64Array): void {
    for (let first = 0; first < entries.length; first += blockEntries)
      this.#blocks.push(entries.subarray(first, first + blockEntries));
    this.#pageCount = entries.length;
    this.#checksum = xorChecksum(emptyDatabaseChecksum, xorOf(entries));
  }

  /** The last block grows by doubling, for most databases are small and there may be thousands of them. */
  #makeRoom(index: number, entry: number): void {
    while (this.#blocks.length <= index) this.#blocks.push(new BigUint64Array(firstEntries));
    const block = this.#blocks[index]!;
    if (entry < block.length) return;
    const larger = new BigUint64Array(Math.min(blockEntries, Math.max(entry + 1, 2 * block.length)));
    larger.set(block);
    this.#blocks[index] = larger;
  }

  /** Cuts the table to the size of the database, or makes it that long. */
  resize(pageCount: number): void {
    for (let pgno = pageCount + 1; pgno <= this.#pageCount; pgno++) if (this.get(pgno) !== 0n) this.set(pgno, 0n);
    this.#blocks.length = Math.min(this.#blocks.length, Math.ceil(pageCount / blockEntries));
    this.#pageCount = pageCount;
  }

  /** The database checksum after some changes, which are not made. */
  checksumAfter(changes: PageChanges): Checksum {
    let difference = 0n;
    for (let pgno = changes.commit + 1; pgno <= this.#pageCount; pgno++) difference ^= this.get(pgno);
    changes.pgnos.forEach((pgnos, part) => {
      const checksums = changes.checksums[part]!;
      for (let i = 0; i < pgnos.length; i++) difference ^= this.get(pgnos[i]!) ^ checksums[i]!;
    });
    return xorChecksum(this.#checksum, difference);
  }

  apply(changes: PageChanges): void {
    this.resize(changes.commit);
    changes.pgnos.forEach((pgnos, part) => {
      const checksums = changes.checksums[part]!;
      for (let i = 0; i < pgnos.length; i++) this.set(pgnos[i]!, checksums[i]!);
    });
  }

  /** Whether every page but the lock page has a checksum. */
  isComplete(): boolean {
    const lock = lockPgno(this.pageSizeBytes);
    for (let pgno = 1; pgno <= this.#pageCount; pgno++) if (pgno !== lock && this.get(pgno) === 0n) return false;
    return true;
  }

  /** Stores the table durably as that of a TXID. */
  async save(
    path: string,
    txid: Txid,
    { durableFiles, purpose = 'checksum-table' }: { durableFiles: DurableFiles; purpose?: DurablePurpose },
  ): Promise<void> {
    const file = await durableFiles.begin(purpose, path);
    try {
      await file.append(this.#header(txid));
      for (let first = 0; first < this.#pageCount; first += blockEntries) {
        const count = Math.min(blockEntries, this.#pageCount - first);
        const block = this.#blocks[first / blockEntries] ?? new BigUint64Array(count);
        const bytes = new Uint8Array(block.buffer, block.byteOffset, Math.min(count, block.length) * 8);
        await file.append(bytes);
        if (block.length < count) await file.append(new Uint8Array((count - block.length) * 8));
      }
      await file.replace();
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** Reads a stored table; undefined when there is none, or when its entries do not give its checksum. */
  static async load(path: string): Promise<{ table: PageChecksumTable; tag: TableTag } | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    if (bytes.byteLength < headerBytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pageCount = view.getUint32(8);
    if (view.getUint32(0) !== magic || bytes.byteLength !== headerBytes + pageCount * 8) return undefined;
    const table = new PageChecksumTable(view.getUint32(4));
    table.#fill(
      new BigUint64Array(bytes.buffer.slice(bytes.byteOffset + headerBytes, bytes.byteOffset + bytes.byteLength)),
    );
    const tag = { txid: toTxid(view.getBigUint64(16)), checksum: toChecksum(view.getBigUint64(24)) };
    return table.checksum === tag.checksum ? { table, tag } : undefined;
  }

  /** Magic, page size, page count, TXID, checksum; the entries follow in the machine's byte order. */
  #header(txid: Txid): Uint8Array {
    const bytes = new Uint8Array(headerBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, magic);
    view.setUint32(4, this.pageSizeBytes);
    view.setUint32(8, this.#pageCount);
    view.setBigUint64(16, txid);
    view.setBigUint64(24, this.#checksum);
    return bytes;
  }
}

/** By halves: a bigint for each entry of a large table would take most of a start. */
function xorOf(entries: BigUint64Array): bigint {
  const halves = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2);
  const sum = new Uint32Array(2);
  for (let i = 0; i < halves.length; i += 2) {
    sum[0]! ^= halves[i]!;
    sum[1]! ^= halves[i + 1]!;
  }
  return new BigUint64Array(sum.buffer)[0]!;
}
