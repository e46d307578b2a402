import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { TableFile } from '../meta/table-file.ts';
import { isTableDue, type LocalState, removableBefore } from '../ship/local-retention.ts';
import type { SyncFiles } from '../write/sync-files.ts';
import type { Shipping } from './shipping.ts';

/**
 * Keeps the local state of one attachment small: stores the page-checksum table now and then, and removes files nobody needs
 * any more.
 */
export class Housekeeping {
  readonly #meta: MetaDirectory;
  readonly #files: SyncFiles;
  readonly #local: LocalFiles;
  readonly #durableFiles: DurableFiles;
  #storedTxid: Txid | undefined;

  private constructor(meta: MetaDirectory, files: SyncFiles, durableFiles: DurableFiles, storedTxid: Txid | undefined) {
    this.#meta = meta;
    this.#files = files;
    this.#local = files.local;
    this.#durableFiles = durableFiles;
    this.#storedTxid = storedTxid;
  }

  static async open(
    meta: MetaDirectory,
    files: SyncFiles,
    { durableFiles }: { durableFiles: DurableFiles },
  ): Promise<Housekeeping> {
    const stored = await TableFile.open(meta.pageChecksumsPath);
    stored?.close();
    const newest = files.local.newest?.txid ?? noTxid;
    const storedTxid = stored !== undefined && stored.tag.txid <= newest ? stored.tag.txid : undefined;
    return new Housekeeping(meta, files, durableFiles, storedTxid);
  }

  /** The TXID of the stored table. */
  get storedTxid(): Txid | undefined {
    return this.#storedTxid;
  }

  /** Stores the table of the newest file, unless it is. */
  async store(): Promise<void> {
    const { head, table } = this.#files;
    if (head === undefined || head.txid !== this.#local.newest?.txid || head.txid === this.#storedTxid) return;
    await table.moveTo(this.#meta.pageChecksumsPath, head.txid, { durableFiles: this.#durableFiles });
    this.#storedTxid = head.txid;
  }

  /** Whether `keepBounded` has something to do. */
  isDue(shipping: Shipping): boolean {
    const state = this.#state(shipping);
    return isTableDue(state) || this.#removableBefore(state) !== undefined || this.#doneSnapshot(state) !== undefined;
  }

  /** To be called between syncs. */
  async keepBounded(shipping: Shipping): Promise<void> {
    if (isTableDue(this.#state(shipping))) await this.store();
    const state = this.#state(shipping);
    const before = this.#removableBefore(state);
    if (before !== undefined) await this.#local.removeBefore(before);
    const snapshot = this.#doneSnapshot(state);
    if (snapshot !== undefined) await this.#local.removeSnapshots(snapshot);
  }

  #state({ shippers }: Shipping): LocalState {
    const { table } = this.#files;
    return {
      files: this.#local.files,
      databaseBytes: table.pageCount * table.pageSizeBytes,
      storedTableTxid: this.#storedTxid,
      acknowledged: shippers.map(({ acknowledged }) => acknowledged),
    };
  }

  /** The TXID before which files may go, when there are any. */
  #removableBefore(state: LocalState): Txid | undefined {
    const [first] = state.files;
    const before = removableBefore(state);
    return first !== undefined && first.txid < before ? before : undefined;
  }

  /** The newest snapshot, when every replica has it. */
  #doneSnapshot({ acknowledged }: LocalState): Txid | undefined {
    const newest = this.#local.snapshots.at(-1)?.maxTxid;
    return newest !== undefined && acknowledged.every((txid = noTxid) => txid >= newest) ? newest : undefined;
  }
}
