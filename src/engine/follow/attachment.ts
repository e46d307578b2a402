import { statSync } from 'node:fs';
import { walFrameBytes } from '../../format/wal/frame-header.ts';
import { sameSalts } from '../../format/wal/salts.ts';
import type { WalIndexHeader } from '../../format/wal/wal-index-header.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import { CapturedPages } from '../capture/captured-pages.ts';
import { type GrownPages, unwrittenPages } from '../capture/unwritten-pages.ts';
import type { WalCapture } from '../capture/wal-capture.ts';
import { WalPages } from '../capture/wal-pages.ts';
import { endOfIndex } from '../capture/wal-position.ts';
import { barrierCheckpoint, type CheckpointReport, copied } from '../checkpoint/barrier-checkpoint.ts';
import type { DatabaseCounters } from '../database-counters.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { positionLost } from '../engine-error.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { savePosition } from '../meta/position-file.ts';
import type { PageRuns } from '../page-runs.ts';
import { DatabaseScan } from '../scan/database-scan.ts';
import { overlaidPages } from '../write/overlaid-pages.ts';
import type { NewPages, SyncFiles } from '../write/sync-files.ts';
import type { AttachmentParts } from './attachment-parts.ts';
import type { Look } from './look-schedule.ts';
import { pagesOf } from './scan-database.ts';

/** Pages held in memory before they go into a file, whatever the sync interval says. */
const memoryBytes = 32 * 1024 * 1024;

/** One database being followed without a gap: turns what its WAL brings into files and lets the WAL restart. */
export class Attachment {
  readonly live: LiveDatabase;
  readonly capture: WalCapture;
  readonly files: SyncFiles;
  readonly #meta: MetaDirectory;
  readonly #counters: DatabaseCounters;
  readonly #whileUnsent: AttachmentParts['whileUnsent'];
  readonly #settings: DatabaseSettings;
  readonly #memoryLimitBytes: number;
  readonly #runs: PageRuns;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Whether the last look left frames in the WAL for the next one. */
  #isBehind = false;

  constructor(
    parts: AttachmentParts,
    settings: DatabaseSettings,
    services: { runs: PageRuns; clock: Clock; logger: Logger },
  ) {
    this.live = parts.live;
    this.capture = parts.capture;
    this.files = parts.files;
    this.#meta = parts.meta;
    this.#counters = parts.counters;
    this.#whileUnsent = parts.whileUnsent;
    this.#settings = settings;
    this.#memoryLimitBytes = Math.min(memoryBytes, settings.maxSyncWalBytes);
    this.#runs = services.runs;
    this.#clock = services.clock;
    this.#logger = services.logger;
  }

  /** Idempotent. */
  close(): void {
    this.live.close();
    this.files.close();
  }

  /** The directory of the local files. */
  get metaPath(): string {
    return this.#meta.path;
  }

  /** Throws EngineError `position-lost` when the names lead to other files than those attached. */
  requireInPlace(): void {
    if (!this.live.isInPlace()) throw positionLost(this.live.path, 'the file was replaced or removed');
  }

  /** Whether something waits to be written to a file, as of the last look. */
  get hadNews(): boolean {
    return this.capture.hasNews || this.#isBehind;
  }

  /** Whether so much is in memory, or lies ahead of it, that a file must be written now. */
  get isFull(): boolean {
    return this.#isBehind || this.#isMemoryFull;
  }

  get #isMemoryFull(): boolean {
    return this.capture.pages.sizeBytes >= this.#memoryLimitBytes;
  }

  /**
   * Copies new frames to memory as far as it reaches. The mark moves on when nothing new came, so that an application's own
   * FULL, RESTART or TRUNCATE gets on, and away from 0; with `isCalm`, as it is where commits come now and then, always. Beside
   * a writer that never pauses it stays until the next checkpoint: each step of it would be work for the automatic checkpoint
   * that such a writer tries after every commit. Returns whether there were new frames.
   */
  look(isCalm: boolean): boolean {
    const index = this.capture.follow();
    const backlogFrames = this.capture.backlogFrames(index);
    this.#isBehind = this.#isMemoryFull || backlogFrames * this.live.pageSizeBytes > this.#memoryLimitBytes;
    if (this.#isBehind) return true;
    const isAll = backlogFrames === 0 || this.capture.capture(this.#memoryLimitBytes, index);
    this.#isBehind = !isAll;
    if (isAll && (isCalm || backlogFrames === 0 || this.live.held.kind === 'zero'))
      this.live.advance(copied(this.capture), index);
    return backlogFrames > 0;
  }

  /**
   * Whether the WAL file shows no commit that the index did not speak of a moment ago: a commit becomes visible only after its last
   * file event.
   */
  #isQuiet(index: WalIndexHeader): boolean {
    const position = endOfIndex(index);
    const header = this.capture.frames.fileHeader();
    if (header === undefined) return true;
    if (!sameSalts(header, position)) return false;
    return !this.capture.frames.isFollowed(position, header);
  }

  /** Writes everything committed so far to level-0 files; resolves when they are durable. */
  async sync(): Promise<void> {
    const now = this.capture.follow();
    while (!this.capture.hasPassed(now) || this.capture.hasNews) await this.writeFile();
  }

  /** Writes a file of what is in memory or, where more than fits lies ahead, of a part of it straight from the WAL. */
  async writeFile(): Promise<void> {
    const index = this.capture.follow();
    if (this.capture.backlogFrames(index) * this.live.pageSizeBytes > this.#memoryLimitBytes) {
      await this.#write();
      await this.#writeFromWal();
    } else {
      this.#isBehind = !this.capture.capture(this.#memoryLimitBytes, index);
      await this.#write();
    }
  }

  /** Copies back what can be, without holding anybody up; returns whether the WAL may restart now. */
  settle(): boolean {
    this.look(false);
    this.live.checkpointer().passive();
    this.look(false);
    return this.live.held.kind === 'zero';
  }

  /** Restarts the WAL, holding writers up for a few milliseconds. What came in is in memory and must go into a file soon. */
  async checkpoint(): Promise<CheckpointReport> {
    // As much again may come in while it runs: with less it would never be done beside a writer that is fast.
    const options = { memoryLimitBytes: 2 * this.#memoryLimitBytes, clock: this.#clock };
    const report = await barrierCheckpoint(this.live, this.capture, options);
    this.#logger.debug('checkpoint', { outcome: report.outcome, barrierMs: Math.round(report.barrierMs * 10) / 10 });
    return report;
  }

  /** What the files show now, beyond the last look. */
  ahead(): Omit<Look, 'sawFrames'> {
    const index = this.capture.follow();
    return {
      isQuiet: this.#isQuiet(index),
      hasNews: this.hadNews || this.capture.backlogFrames(index) > 0,
      isOutOfTheWay: this.live.isOutOfTheWay(index),
    };
  }

  /** Writes a snapshot of the newest TXID, which it resolves to; everything committed up to it is in level-0 files before. */
  async writeSnapshot(): Promise<LineageHead | undefined> {
    await this.sync();
    const scan = DatabaseScan.begin(this.live, this.capture.frames);
    try {
      this.capture.captureTo(scan.position);
      await this.#write();
      const { head } = this.files;
      if (head === undefined) return undefined;
      using step = this.#counters.work.begin('snapshot', scan.commit * this.live.pageSizeBytes);
      await this.files.writeSnapshot(pagesOf(this.live, scan, step), head.txid);
      return head;
    } finally {
      scan.close();
    }
  }

  /** Writes the next TXID as a file without pages; everything committed so far is in files before. */
  async appendUnchanged(): Promise<LineageHead> {
    await this.sync();
    const { pageSizeBytes } = this.live;
    const commit = this.files.table.pageCount;
    const pages = { source: { fill: () => 0 }, commit, pageSizeBytes, span: this.capture.span };
    const head = await this.#counted(() => this.files.append(pages), 0);
    this.#wrote(head);
    return head;
  }

  /** Keeps no memory and, at mark 0, the one connection that holds it. Until then another one is needed for every commit. */
  rest(): void {
    if (this.live.held.kind === 'zero') {
      this.#cutWal();
      this.live.rest();
    }
    this.capture.pages.release();
  }

  /** Gives the disk space of a WAL back that grew far beyond what is usual. */
  #cutWal(): void {
    const { live } = this;
    const limitBytes = this.#settings.truncatePageCount * walFrameBytes(live.pageSizeBytes);
    if (limitBytes === 0 || statSync(live.walPath).size < limitBytes) return;
    const cut = this.#counters.checkpoint('TRUNCATE', () => live.checkpointer().truncate());
    if (cut !== undefined) this.#logger.info('cut the WAL file to nothing', { limitBytes });
    this.look(false);
  }

  /** Keeps the position for the next start. Not after every file: without it the WAL is read again from its start. */
  savePosition(): void {
    const { head } = this.files;
    if (head !== undefined && !this.capture.hasNews)
      savePosition(this.#meta.positionPath, head.txid, this.capture.position);
  }

  async #write(): Promise<void> {
    const { capture, live } = this;
    if (!capture.hasNews) return;
    const { pages, span } = capture;
    await this.#readUnwritten(pages, pages);
    const { commit } = pages;
    const head = await this.#toFile({ source: pages.source(), commit, pageSizeBytes: live.pageSizeBytes, span });
    capture.written();
    this.#wrote(head);
  }

  /** A span too long for memory goes straight from the WAL into a file, under the mark that protects it. */
  async #writeFromWal(): Promise<void> {
    const { capture, live } = this;
    const pages = new WalPages(live);
    const frameLimit = this.#settings.maxSyncWalBytes / live.pageSizeBytes;
    const from = capture.position;
    const end = capture.frames.read(
      from,
      live.index().mxFrame,
      (frame, pgno, commit) => pages.add(frame, pgno, commit),
      (frame) => frame - from.frameCount >= frameLimit,
    );
    const newest = pages.newest();
    const { commit, lowestCommit } = pages;
    const has = (pgno: number) => newest.has(pgno);
    const grown = { commit, lowestCommit, has, firstPage: () => newest.firstPage() };
    const unwritten = new CapturedPages(live.pageSizeBytes, this.#runs.slabs);
    await this.#readUnwritten(grown, unwritten);
    const span = { salt1: end.salt1, salt2: end.salt2, firstFrame: from.frameCount, lastFrame: end.frameCount };
    const workspaces = [this.#runs.borrow(live.pageSizeBytes), this.#runs.borrow(live.pageSizeBytes)] as const;
    try {
      const source = overlaidPages(unwritten.source(), newest.source(), commit, workspaces);
      const head = await this.#toFile({ source, commit, pageSizeBytes: live.pageSizeBytes, span });
      capture.moveTo(end);
      this.#wrote(head);
    } finally {
      for (const run of workspaces) this.#runs.giveBack(run);
    }
  }

  /** Under the marks held nothing newer than the position can have been copied back to the database file. */
  async #readUnwritten(grown: GrownPages, into: CapturedPages): Promise<void> {
    const { live } = this;
    let page: Uint8Array | undefined;
    for (const pgno of unwrittenPages(live, this.files.table.pageCount, grown)) {
      page ??= new Uint8Array(live.pageSizeBytes);
      page.fill(0, await live.readDatabase(page, (pgno - 1) * live.pageSizeBytes));
      into.set(pgno, page);
    }
  }

  async #toFile(pages: NewPages): Promise<LineageHead> {
    const write = async () =>
      (await this.#whileUnsent(() => this.files.fold(pages))) ?? (await this.files.append(pages));
    const walFrames = pages.span === undefined ? 0 : pages.span.lastFrame - pages.span.firstFrame;
    return this.#counted(write, walFrames * walFrameBytes(pages.pageSizeBytes));
  }

  async #counted(write: () => Promise<LineageHead>, walBytes: number): Promise<LineageHead> {
    const startMs = this.#clock.monotonic();
    const head = await write();
    this.#counters.noteSync(this.#clock.monotonic() - startMs, walBytes);
    return head;
  }

  #wrote(head: LineageHead): void {
    this.#logger.debug('sync', { txid: head.txid, commit: head.commit });
  }
}
