import { formatTxid } from '../../format/ltx/txid.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { AttachedFiles } from '../../sqlite/attached-files.ts';
import { LiveDatabase } from '../../sqlite/live-database.ts';
import { FrameReader } from '../capture/frame-reader.ts';
import { WalCapture } from '../capture/wal-capture.ts';
import type { WalPosition } from '../capture/wal-position.ts';
import { openCopiedBack } from '../checkpoint/open-copied-back.ts';
import {
  type Continuity,
  type ContinuityEvidence,
  establishContinuity,
  type Remote,
} from '../continuity/continuity.ts';
import type { DatabaseCounters } from '../database-counters.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { positionLost } from '../engine-error.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { PageChecksumTable } from '../meta/page-checksum-table.ts';
import { writeRestoreMarker } from '../meta/restore-marker.ts';
import type { PageRuns } from '../page-runs.ts';
import { SyncFiles } from '../write/sync-files.ts';
import { Attachment } from './attachment.ts';
import type { AttachmentParts } from './attachment-parts.ts';
import { matchScan, type ScanParts, writeScan } from './scan-database.ts';

export interface AttachServices {
  readonly attached: AttachedFiles;
  readonly runs: PageRuns;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface AttachState {
  readonly meta: MetaDirectory;
  readonly counters: DatabaseCounters;
  readonly local: LocalFiles;
  /** The replica that knows most; undefined when none could be reached or none has a file. */
  readonly remote: Remote | undefined;
  /** That of the lease's term; undefined without leases. */
  readonly epoch: number | undefined;
  readonly whileUnsent: AttachmentParts['whileUnsent'];
  /** Frames of the WAL cannot be read: let SQLite copy everything back, then read the database file alone. */
  readonly distrustWal: boolean;
  /** The position was lost, whatever the evidence says now: going on from it would lose it again, for ever. */
  readonly mustScan: boolean;
}

/**
 * Attaches a database and brings its newest file up to the present: the read mark first, then the evidence, then, where
 * continuity is lost, a scan. Throws LiveError or EngineError with nothing left attached.
 */
export async function attach(
  settings: DatabaseSettings,
  state: AttachState,
  services: AttachServices,
): Promise<Attachment> {
  const { runs, clock, logger } = services;
  const live = state.distrustWal
    ? await openCopiedBack(settings.path, services)
    : LiveDatabase.open(settings.path, services.attached);
  let continuity: Continuity | undefined;
  try {
    const frames = new FrameReader(live, runs);
    const evidence = { live, frames, files: state.local, ...state, ...settings, runs };
    continuity = await establish(evidence, state);
    const { files, position } = await catchUp({ live, frames, work: state.counters.work }, continuity, state, services);
    if (files.head !== undefined) state.local.startAfter(files.head.txid);
    const capture = new WalCapture(live, position, frames, runs.slabs);
    const attachment = new Attachment({ live, capture, files, ...state }, settings, { runs, clock, logger });
    await attachment.sync();
    if (live.hasLocks() === false) throw positionLost(live.path, 'the kernel has lost the locks of its read mark');
    return attachment;
  } catch (error) {
    if (continuity !== undefined && 'table' in continuity) continuity.table?.close();
    live.close();
    throw error;
  }
}

/** Where frames cannot be verified or were missed, only a scan can tell what became of the pages in them. */
async function establish(evidence: ContinuityEvidence, { distrustWal, mustScan }: AttachState): Promise<Continuity> {
  const continuity = await establishContinuity(evidence);
  if (continuity.kind !== 'continue' || !(distrustWal || mustScan)) return continuity;
  const { head, table } = continuity;
  const reason = distrustWal ? 'frames of the WAL cannot be verified' : 'the position in the WAL was lost';
  return { kind: 'scan', head, table, reason };
}

async function catchUp(
  parts: ScanParts,
  continuity: Continuity,
  state: AttachState,
  services: AttachServices,
): Promise<{ files: SyncFiles; position: WalPosition }> {
  const { live } = parts;
  const { local, meta, epoch, counters } = state;
  const { runs, clock, logger } = services;
  if (continuity.kind === 'continue') {
    const files = new SyncFiles({ local, head: continuity.head, table: continuity.table, epoch }, services);
    logger.info('going on where it was left', { txid: formatTxid(continuity.head.txid) });
    return { files, position: continuity.position };
  }
  if (continuity.kind === 'match') {
    const { table, position } = await matchScan(parts, continuity.head, { runs, replica: state.remote?.name });
    await local.removeAll();
    await writeRestoreMarker(meta, { txid: continuity.head.txid, newestTxid: continuity.head.txid, table }, services);
    logger.info('the database equals the replica', { txid: formatTxid(continuity.head.txid) });
    return { files: new SyncFiles({ local, head: continuity.head, table, epoch }, services), position };
  }
  const { head, table, reason } = continuity;
  if (head !== undefined && local.newest !== undefined && local.newest.txid < head.txid) await local.removeAll();
  const before = { local, head, table: table ?? new PageChecksumTable(live.pageSizeBytes), epoch };
  const files = new SyncFiles(before, services);
  const startMs = clock.monotonic();
  const position = await writeScan(parts, files, table === undefined ? 'whole' : 'diff');
  const wrote = files.head?.txid !== head?.txid;
  if (wrote) counters.noteSync(clock.monotonic() - startMs, 0);
  logger.info('read the whole database', {
    reason,
    pages: files.table.pageCount,
    txid: files.head === undefined ? undefined : formatTxid(files.head.txid),
    ...(table === undefined ? {} : { changed: wrote }),
  });
  return { files, position };
}
