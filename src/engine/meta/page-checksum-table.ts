import { lockPgno } from '../../format/database/lock-page.ts';
import { type Checksum, emptyDatabaseChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { DurablePurpose } from '../../runtime/durable-step.ts';
import { blockEntries, xorOf } from './table-blocks.ts';
import { TableFile } from './table-file.ts';
import type { TableTag } from './table-head.ts';
import { writeTableFile } from './write-table-file.ts';

/** A larger table, more than 1 MB, stays in its file. For a smaller one a descriptor costs more than the memory does. */
const inMemoryPages = 131_072;
const firstEntries = 64;
const noEntries = new BigUint64Array(0);

/** Checksums of pages that a file brings, ascending by page number, and the database's size after it. */
export interface PageChanges {
  readonly pgnos: readonly Uint32Array[];
  readonly checksums: readonly BigUint64Array[];
  readonly commit: number;
}

export interface LoadedTable {
  readonly table: PageChecksumTable;
  readonly tag: TableTag;
}

/**
 * The checksum of every page at the present position, 8 bytes each: what tells changed pages from unchanged ones when
 * continuity was lost. Never rebuilt from the live database, which would erase the evidence.
 *
 * Of a large table that was opened, or moved to a file, memory holds only the blocks that changed since; the others are read
 * when they are needed, which throws EngineError `table-lost` where the file does not give what it should.
 */
export class PageChecksumTable {
  readonly pageSizeBytes: number;
  /** A block that is missing here is as in the file, or all zeros where that has none. */
  readonly #blocks: (BigUint64Array | undefined)[] = [];
  #file: TableFile | undefined;
  #pageCount = 0;
  #checksum: Checksum = emptyDatabaseChecksum;

  constructor(pageSizeBytes: number) {
    this.pageSizeBytes = pageSizeBytes;
  }

  /** Reads a stored table into memory; undefined when there is none, or when its entries do not give its checksum. */
  static async load(path: string): Promise<LoadedTable | undefined> {
    const loaded = await PageChecksumTable.open(path);
    if (loaded !== undefined) loaded.table.#readAll();
    return loaded;
  }

  /** As `load`, but a large table stays in its file, and is to be closed. */
  static async open(path: string): Promise<LoadedTable | undefined> {
    const file = await TableFile.open(path);
    if (file === undefined) return undefined;
    const { tag } = file;
    const table = new PageChecksumTable(tag.pageSizeBytes);
    table.#file = file;
    table.#blocks.length = file.blockCount;
    table.#pageCount = tag.pageCount;
    table.#checksum = tag.checksum;
    if (tag.pageCount <= inMemoryPages) table.#readAll();
    return { table, tag };
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
    const index = Math.floor((pgno - 1) / blockEntries);
    const block = this.#blocks[index] ?? this.#file?.block(index);
    return block?.[(pgno - 1) % blockEntries] ?? 0n;
  }

  set(pgno: number, checksum: bigint): void {
    const entry = (pgno - 1) % blockEntries;
    const block = this.#makeRoom(Math.floor((pgno - 1) / blockEntries), entry);
    this.#checksum = xorChecksum(this.#checksum, block[entry]! ^ checksum);
    block[entry] = checksum;
    this.#pageCount = Math.max(this.#pageCount, pgno);
  }

  /** Cuts the table to the size of the database, or makes it that long. */
  resize(pageCount: number): void {
    if (pageCount < this.#pageCount) {
      this.#checksum = xorChecksum(this.#checksum, this.#sumAfter(pageCount));
      this.#blocks[Math.floor(pageCount / blockEntries)]?.fill(0n, pageCount % blockEntries);
      this.#file?.cut(Math.ceil(pageCount / blockEntries));
    }
    this.#blocks.length = Math.ceil(pageCount / blockEntries);
    this.#pageCount = pageCount;
  }

  /**
   * The database checksum after some changes, which are not made. All that they touch is in memory afterwards, so that `apply`
   * cannot fail: by then their file is published.
   */
  checksumAfter(changes: PageChanges): Checksum {
    let difference = changes.commit < this.#pageCount ? this.#sumAfter(changes.commit) : 0n;
    changes.pgnos.forEach((pgnos, part) => {
      const checksums = changes.checksums[part]!;
      for (let i = 0; i < pgnos.length; i++) {
        const at = pgnos[i]! - 1;
        const old = this.#keep(Math.floor(at / blockEntries))?.[at % blockEntries] ?? 0n;
        difference ^= old ^ checksums[i]!;
      }
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

  /** Stores the table durably as that of a TXID. Not to be changed meanwhile. */
  async save(
    path: string,
    txid: Txid,
    services: { readonly durableFiles: DurableFiles; readonly purpose: DurablePurpose },
  ): Promise<void> {
    await this.#write(path, txid, services);
  }

  /** As `save`, but a large table stays in that file from then on, and is to be closed. Its memory is given back. */
  async moveTo(path: string, txid: Txid, { durableFiles }: { readonly durableFiles: DurableFiles }): Promise<void> {
    const { tag, checks } = await this.#write(path, txid, { durableFiles, purpose: 'checksum-table' });
    if (this.#file === undefined && this.#pageCount <= inMemoryPages) return;
    const file = TableFile.openWritten(path, tag, checks);
    if (file === undefined) return; // the file before, replaced but open, and what memory has still make up the table
    this.#file?.close();
    this.#file = file;
    this.#blocks.fill(undefined);
  }

  /** Lets go of the file; what is not in memory cannot be read any more. Idempotent. */
  close(): void {
    this.#file?.close();
  }

  /** Brings a block into memory, where it may be changed. */
  #keep(index: number): BigUint64Array | undefined {
    const held = this.#blocks[index];
    if (held !== undefined) return held;
    const block = this.#file?.take(index);
    if (block !== undefined) this.#blocks[index] = block;
    return block;
  }

  /** The first block grows by doubling, for most databases are small and there may be thousands of them. */
  #makeRoom(index: number, entry: number): BigUint64Array {
    const block = this.#keep(index);
    if (block !== undefined && entry < block.length) return block;
    const wanted = Math.max(firstEntries, entry + 1, 2 * (block?.length ?? 0));
    const larger = new BigUint64Array(index === 0 ? Math.min(blockEntries, wanted) : blockEntries);
    if (block !== undefined) larger.set(block);
    this.#blocks[index] = larger;
    return larger;
  }

  /** The XOR of all pages after the first ones. Their blocks are in memory afterwards. */
  #sumAfter(pageCount: number): bigint {
    const first = Math.floor(pageCount / blockEntries);
    let sum = xorOf(this.#keep(first)?.subarray(pageCount % blockEntries) ?? noEntries);
    for (let index = first + 1; index * blockEntries < this.#pageCount; index++) {
      sum ^= xorOf(this.#keep(index) ?? noEntries);
    }
    return sum;
  }

  #readAll(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      for (let index = 0; index < file.blockCount; index++) this.#keep(index);
      this.#file = undefined;
    } finally {
      file.close();
    }
  }

  async #write(path: string, txid: Txid, services: { durableFiles: DurableFiles; purpose: DurablePurpose }) {
    const { pageSizeBytes, checksum, pageCount } = this;
    const tag = { txid, checksum, pageSizeBytes, pageCount };
    const source = {
      fill: (first: number, entries: BigUint64Array) => this.#fill(first, entries),
      confirm: (index: number, check: number) => {
        if (this.#blocks[index] === undefined) this.#file?.confirm(index, check);
      },
    };
    return { tag, checks: await writeTableFile(path, tag, source, services) };
  }

  #fill(first: number, entries: BigUint64Array): void {
    if (this.#file === undefined) entries.fill(0n);
    else this.#file.fill(first, entries);
    for (let at = 0; at < entries.length; at += blockEntries) {
      const block = this.#blocks[(first + at) / blockEntries];
      if (block !== undefined) entries.set(block, at);
    }
  }
}
