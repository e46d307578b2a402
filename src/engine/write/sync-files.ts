import { unknownChecksum } from '../../format/ltx/checksum.ts';
import { noWalPosition } from '../../format/ltx/header.ts';
import { nextTxid, type Txid, toTxid } from '../../format/ltx/txid.ts';
import { walOffsetAfter } from '../../format/wal/frame-header.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { CapturedSpan } from '../capture/wal-capture.ts';
import { EngineError } from '../engine-error.ts';
import { type LineageHead, headOf, nextTimestamp } from '../lineage-head.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import { PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import type { PageSource } from '../page-source.ts';
import { writeLtxFile } from './ltx-file-writer.ts';

/** The pages of one new level-0 file and where in the WAL they end. */
export interface NewPages {
  readonly source: PageSource;
  readonly commit: number;
  readonly pageSizeBytes: number;
  readonly span: CapturedSpan;
}

/**
 * Turns pages into level-0 files, one after the other, and keeps what follows from them in step: newest TXID, time and the
 * page-checksum table. Nothing changes unless the file was published durably.
 */
export class SyncFiles {
  readonly #files: LocalFiles;
  readonly #runs: PageRuns;
  readonly #clock: Clock;
  #head: LineageHead | undefined;
  #table: PageChecksumTable;

  constructor(
    state: { files: LocalFiles; head: LineageHead | undefined; table: PageChecksumTable },
    services: { runs: PageRuns; clock: Clock },
  ) {
    this.#files = state.files;
    this.#head = state.head;
    this.#table = state.table;
    this.#runs = services.runs;
    this.#clock = services.clock;
  }

  /** The newest transaction; undefined before the first file. */
  get head(): LineageHead | undefined {
    return this.#head;
  }

  get table(): PageChecksumTable {
    return this.#table;
  }

  /** Writes the next TXID from the pages that changed since the newest one. */
  async append(pages: NewPages): Promise<LineageHead> {
    return this.#write(pages, this.#table, this.#head?.checksum ?? unknownChecksum, 'create');
  }

  /** Writes the next TXID from every page there is: what is known of the pages before does not count. */
  async appendWhole(pages: NewPages): Promise<LineageHead> {
    const table = new PageChecksumTable(pages.pageSizeBytes);
    return this.#write(pages, table, this.#head?.checksum ?? unknownChecksum, 'create');
  }

  async #write(
    pages: NewPages,
    table: PageChecksumTable,
    before: LineageHead['checksum'],
    publish: 'create',
  ): Promise<LineageHead> {
    const txid: Txid = this.#head === undefined ? toTxid(1) : nextTxid(this.#head.txid);
    const pending = await this.#files.begin(txid);
    try {
      const encoded = await writeLtxFile(
        pending,
        pages,
        (changes) => ({
          pageSizeBytes: pages.pageSizeBytes,
          commit: pages.commit,
          minTxid: txid,
          maxTxid: txid,
          timestampMs: nextTimestamp(this.#clock.now(), this.#head),
          ...walFields(pages),
          epoch: this.#head?.epoch ?? 0,
          checksums: { before: txid === 1n ? unknownChecksum : before, after: table.checksumAfter(changes) },
        }),
        { runs: this.#runs },
      );
      if ((await pending[publish]()) === 'exists') {
        throw new EngineError('in-use', `Cannot create ${pending.path}: it exists`, {
          hint: 'another program writes the local files of this database: stop it, then start again',
        });
      }
      table.apply(encoded.changes);
      this.#table = table;
      this.#head = headOf(encoded.header);
      this.#files.published({ txid, sizeBytes: encoded.sizeBytes });
      return this.#head;
    } catch (error) {
      await pending.discard();
      throw error;
    }
  }
}

/** Offset and size such that their sum is where the next sync starts. */
function walFields({ span, pageSizeBytes }: NewPages) {
  if (span.salt1 === 0 && span.salt2 === 0) return noWalPosition;
  const walOffset = walOffsetAfter(span.firstFrame, pageSizeBytes);
  const walSize = walOffsetAfter(span.lastFrame, pageSizeBytes) - walOffset;
  return { walOffset, walSize, salt1: span.salt1, salt2: span.salt2 };
}
