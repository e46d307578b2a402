import { unknownChecksum } from '../../format/ltx/checksum.ts';
import type { NewLtxHeader } from '../../format/ltx/encoder.ts';
import { noWalPosition } from '../../format/ltx/header.ts';
import { nextTxid, type Txid, toTxid } from '../../format/ltx/txid.ts';
import { walOffsetAfter } from '../../format/wal/frame-header.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import type { CapturedSpan } from '../capture/wal-capture.ts';
import { EngineError } from '../engine-error.ts';
import { headOf, type LineageHead, nextTimestamp } from '../lineage-head.ts';
import { fileId, type LocalFiles } from '../meta/local-files.ts';
import { type PageChanges, PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import type { PageSource } from '../page-source.ts';
import { differingPages } from '../scan/differing-pages.ts';
import { type EncodedLtx, writeLtxFile } from './ltx-file-writer.ts';
import { openLtxPages } from './ltx-pages.ts';
import { overlaidPages } from './overlaid-pages.ts';

/** The pages of a new file and where in the WAL they end. */
export interface NewPages {
  readonly source: PageSource;
  readonly commit: number;
  readonly pageSizeBytes: number;
  readonly span: CapturedSpan;
}

/**
 * Turns pages into local files, one TXID after the other, and keeps what follows from them in step: newest TXID, time and
 * the page-checksum table. Nothing changes unless the file was published durably.
 */
export class SyncFiles {
  readonly local: LocalFiles;
  readonly #runs: PageRuns;
  readonly #clock: Clock;
  readonly #epoch: number | undefined;
  #head: LineageHead | undefined;
  #table: PageChecksumTable;

  /** `epoch`: that of the term the files are written in; undefined without a lease, where they keep that of the head. */
  constructor(
    state: { local: LocalFiles; head: LineageHead | undefined; table: PageChecksumTable; epoch: number | undefined },
    services: { runs: PageRuns; clock: Clock },
  ) {
    this.local = state.local;
    this.#epoch = state.epoch;
    this.#head = state.head;
    this.#table = state.table;
    this.#runs = services.runs;
    this.#clock = services.clock;
  }

  /** The newest transaction; undefined before the first file. */
  get head(): LineageHead | undefined {
    return this.#head;
  }

  /** The page checksums at `head`. */
  get table(): PageChecksumTable {
    return this.#table;
  }

  /** Writes the next TXID from the pages that changed since the newest one. */
  async append(pages: NewPages): Promise<LineageHead> {
    return this.#publish(pages, this.#table, 'always');
  }

  /** Writes the next TXID from the pages of a scan that differ; undefined, and no file, when none does. */
  async appendDiff(pages: NewPages): Promise<LineageHead | undefined> {
    const before = this.#head;
    const source = differingPages(pages.source, this.#table);
    const head = await this.#publish({ ...pages, source }, this.#table, 'when-changed');
    return head === before ? undefined : head;
  }

  /** Writes the next TXID from every page there is: nothing is known of the pages before, or their size was another. */
  async appendWhole(pages: NewPages): Promise<LineageHead> {
    return this.#publish(pages, new PageChecksumTable(pages.pageSizeBytes), 'always');
  }

  /** Writes a snapshot, level 9, of every page at a TXID: the newest one, or the next when the page size changes. */
  async writeSnapshot(pages: NewPages, maxTxid: Txid): Promise<void> {
    const file = { level: 9, minTxid: toTxid(1), maxTxid } as const;
    const pending = await this.local.beginSnapshot(file);
    try {
      const encoded = await writeLtxFile(
        pending,
        pages,
        () => ({
          pageSizeBytes: pages.pageSizeBytes,
          commit: pages.commit,
          epoch: this.#epochNow,
          minTxid: file.minTxid,
          maxTxid,
          timestampMs:
            maxTxid === this.#head?.txid ? this.#head.timestampMs : nextTimestamp(this.#clock.now(), this.#head),
          walOffset: 0,
          walSize: 0,
          salt1: 0,
          salt2: 0,
          checksums: undefined,
        }),
        { runs: this.#runs },
      );
      await pending.replace();
      this.local.publishedSnapshot({ ...file, sizeBytes: encoded.sizeBytes });
    } catch (error) {
      await pending.discard();
      throw error;
    }
  }

  /**
   * Writes the newest file again, with newer pages over its own, under the same TXID: only while nobody else can have seen
   * it, so that a backlog stays one file.
   */
  async fold(pages: NewPages): Promise<LineageHead> {
    const head = this.#head;
    if (head === undefined) throw new EngineError('state-invalid', 'Cannot fold into the newest file: there is none');
    const { checksums } = await this.local.readHeader(head.txid);
    const before = checksums?.before ?? unknownChecksum;
    const older = await openLtxPages(this.local, head.txid, this.#runs);
    const workspaces = [this.#runs.borrow(pages.pageSizeBytes), this.#runs.borrow(pages.pageSizeBytes)] as const;
    const pending = await this.local.begin(fileId(head.txid));
    try {
      const source = overlaidPages(older.source, pages.source, pages.commit, workspaces);
      const encoded = await writeLtxFile(
        pending,
        { ...pages, source },
        (changes) => {
          const header = this.#header(pages, head.txid, this.#table, changes);
          return { ...header, checksums: { before, after: this.#table.checksumAfter(changes) } };
        },
        { runs: this.#runs },
      );
      await pending.replace();
      return this.#published(encoded, pending);
    } catch (error) {
      await pending.discard();
      throw error;
    } finally {
      for (const run of workspaces) this.#runs.giveBack(run);
      await older.close();
    }
  }

  /** Idempotent. */
  close(): void {
    this.#table.close();
  }

  async #publish(pages: NewPages, table: PageChecksumTable, when: 'always' | 'when-changed'): Promise<LineageHead> {
    const txid = this.#head === undefined ? toTxid(1) : nextTxid(this.#head.txid);
    const pending = await this.local.begin(fileId(txid));
    try {
      const encoded = await writeLtxFile(pending, pages, (changes) => this.#header(pages, txid, table, changes), {
        runs: this.#runs,
      });
      if (when === 'when-changed' && this.#head !== undefined && !isChange(encoded, this.#head)) {
        await pending.discard();
        return this.#head;
      }
      await create(pending);
      if (table !== this.#table) this.#table.close();
      this.#table = table;
      return this.#published(encoded, pending);
    } catch (error) {
      await pending.discard();
      throw error;
    }
  }

  #published({ changes, header, sizeBytes }: EncodedLtx, { content }: PendingFile): LineageHead {
    this.#table.apply(changes);
    this.#head = headOf(header);
    this.local.published({ txid: header.maxTxid, sizeBytes }, content && { header, bytes: content });
    return this.#head;
  }

  #header(pages: NewPages, txid: Txid, table: PageChecksumTable, changes: PageChanges): NewLtxHeader {
    const { walOffset, walSize, salt1, salt2 } = walFields(pages);
    return {
      pageSizeBytes: pages.pageSizeBytes,
      commit: pages.commit,
      epoch: this.#epochNow,
      minTxid: txid,
      maxTxid: txid,
      timestampMs: nextTimestamp(this.#clock.now(), this.#head),
      walOffset,
      walSize,
      salt1,
      salt2,
      checksums: { before: this.#head?.checksum ?? unknownChecksum, after: table.checksumAfter(changes) },
    };
  }

  get #epochNow(): number {
    return this.#epoch ?? this.#head?.epoch ?? 0;
  }
}

function isChange({ header, changes }: EncodedLtx, before: LineageHead): boolean {
  return changes.pgnos.length > 0 || header.commit !== before.commit;
}

/** The file of a TXID is made once: an existing one is another program's. */
async function create(pending: PendingFile): Promise<void> {
  if ((await pending.create()) === 'created') return;
  throw new EngineError('in-use', `Cannot create ${pending.path}: it exists`, {
    hint: 'another program writes the local files of this database: stop it, then start again',
  });
}

/** Offset and size such that their sum is where the next sync starts. */
function walFields({ span, pageSizeBytes }: NewPages) {
  if (span.salt1 === 0 && span.salt2 === 0) return noWalPosition;
  const walOffset = walOffsetAfter(span.firstFrame, pageSizeBytes);
  const walSize = walOffsetAfter(span.lastFrame, pageSizeBytes) - walOffset;
  return { walOffset, walSize, salt1: span.salt1, salt2: span.salt2 };
}
