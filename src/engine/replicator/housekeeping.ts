import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { TableFile } from '../meta/table-file.ts';
import { isTableDue, type LocalState, removableBefore } from '../ship/local-retention.ts';
import type { SyncFiles } from '../write/sync-files.ts';
import type { Shipping } from './shipping.ts';

/** Keeps the local state small: stores the page-checksum table now and then, and removes files nobody needs any more. */
export class Housekeeping {
  readonly #meta: MetaDirectory;
  readonly #local: LocalFiles;
  readonly #durableFiles: DurableFiles;
  #storedTxid: Txid | undefined;
  /** Where local files and replicas stood when there was nothing left to do. */
  #keptAt: readonly (Txid | undefined)[] = [];

  private constructor(
    meta: MetaDirectory,
    local: LocalFiles,
    durableFiles: DurableFiles,
    storedTxid: Txid | undefined,
  ) {
    this.#meta = meta;
    this.#local = local;
    this.#durableFiles = durableFiles;
    this.#storedTxid = storedTxid;
  }

  static async open(
    meta: MetaDirectory,
    local: LocalFiles,
    { durableFiles }: { durableFiles: DurableFiles },
  ): Promise<Housekeeping> {
    const stored = await TableFile.open(meta.pageChecksumsPath);
    stored?.close();
    const newest = local.newest?.txid ?? noTxid;
    const storedTxid = stored !== undefined && stored.tag.txid <= newest ? stored.tag.txid : undefined;
    return new Housekeeping(meta, local, durableFiles, storedTxid);
  }

  /** The TXID of the stored table. */
  get storedTxid(): Txid | undefined {
    return this.#storedTxid;
  }

  /** Stores the table of the newest file, unless it is. */
  async store({ head, table }: SyncFiles): Promise<void> {
    if (head === undefined || head.txid !== this.#local.newest?.txid || head.txid === this.#storedTxid) return;
    await table.moveTo(this.#meta.pageChecksumsPath, head.txid, { durableFiles: this.#durableFiles });
    this.#storedTxid = head.txid;
  }

  /** Whether something may be due: files came or were acknowledged since `keepBounded`. */
  isDue({ shippers }: Shipping): boolean {
    const now = this.#standing(shippers);
    return now.length !== this.#keptAt.length || now.some((txid, i) => txid !== this.#keptAt[i]);
  }

  /** To be called between syncs. */
  async keepBounded(files: SyncFiles, shipping: Shipping): Promise<void> {
    const standing = this.#standing(shipping.shippers);
    const state = (): LocalState => ({
      files: this.#local.files,
      databaseBytes: files.table.pageCount * files.table.pageSizeBytes,
      storedTableTxid: this.#storedTxid,
      acknowledged: shipping.shippers.map(({ acknowledged }) => acknowledged),
    });
    if (isTableDue(state())) await this.store(files);
    const before = removableBefore(state());
    const first = this.#local.files[0]?.txid;
    if (first !== undefined && first < before) await this.#local.removeBefore(before);
    const everywhere = shipping.shippers.every(
      ({ acknowledged }) => (acknowledged ?? noTxid) >= (this.#local.snapshots.at(-1)?.maxTxid ?? noTxid),
    );
    if (this.#local.snapshots.length > 0 && everywhere)
      await this.#local.removeSnapshots(this.#local.snapshots.at(-1)!.maxTxid);
    this.#keptAt = standing;
  }

  #standing(shippers: Shipping['shippers']): (Txid | undefined)[] {
    const { newest, snapshots } = this.#local;
    return [newest?.txid, snapshots.at(-1)?.maxTxid, ...shippers.map(({ acknowledged }) => acknowledged)];
  }
}
