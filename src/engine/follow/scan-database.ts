import { formatChecksum } from '../../format/ltx/checksum.ts';
import { formatTxid, nextTxid } from '../../format/ltx/txid.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { FrameReader } from '../capture/frame-reader.ts';
import type { WalPosition } from '../capture/wal-position.ts';
import { EngineError } from '../engine-error.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { LongStep, LongWork } from '../long-work.ts';
import { PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import { DatabaseScan } from '../scan/database-scan.ts';
import { tableOf } from '../scan/differing-pages.ts';
import type { NewPages, SyncFiles } from '../write/sync-files.ts';

export interface ScanParts {
  readonly live: LiveDatabase;
  readonly frames: FrameReader;
  readonly work: LongWork;
}

/** Writes what a database has become since the newest file; returns the place in the WAL that state stands at. */
export async function writeScan(
  { live, frames, work }: ScanParts,
  files: SyncFiles,
  mode: 'diff' | 'whole',
): Promise<WalPosition> {
  const scan = DatabaseScan.begin(live, frames);
  try {
    using step = work.begin('read', scan.commit * live.pageSizeBytes);
    const checked = async <T>(write: (pages: NewPages) => Promise<T>): Promise<T> => write(pagesOf(live, scan, step));
    const { head } = files;
    if (mode === 'diff') await checked((pages) => files.appendDiff(pages));
    else {
      if (head !== undefined && head.pageSizeBytes !== live.pageSizeBytes) {
        await checked((pages) => files.writeSnapshot(pages, nextTxid(head.txid)));
      }
      await checked((pages) => files.appendWhole(pages));
    }
    return scan.position;
  } finally {
    scan.close();
  }
}

/** Computes the page checksums of the whole database, which must be those of a replica's newest state. */
export async function matchScan(
  { live, frames, work }: ScanParts,
  head: LineageHead,
  { runs, replica }: { readonly runs: PageRuns; readonly replica: string | undefined },
): Promise<{ table: PageChecksumTable; position: WalPosition }> {
  const scan = DatabaseScan.begin(live, frames);
  const run = runs.borrow(live.pageSizeBytes);
  try {
    using step = work.begin('read', scan.commit * live.pageSizeBytes);
    const table = new PageChecksumTable(live.pageSizeBytes);
    await tableOf(pagesOf(live, scan, step).source, scan.commit, run, table);
    if (table.checksum !== head.checksum) throw diverged(live.path, replica, head, table);
    return { table, position: scan.position };
  } finally {
    runs.giveBack(run);
    scan.close();
  }
}

/** The pages of a scan, ending with a check that the state held still. */
export function pagesOf(live: LiveDatabase, scan: DatabaseScan, step: LongStep): NewPages {
  const source = scan.source();
  let doneBytes = 0;
  const { salt1, salt2, frameCount } = scan.position;
  return {
    source: {
      async fill(run) {
        const count = await source.fill(run);
        if (count === 0) scan.check();
        doneBytes += count * live.pageSizeBytes;
        step.report(doneBytes);
        return count;
      },
    },
    commit: scan.commit,
    pageSizeBytes: live.pageSizeBytes,
    span: { salt1, salt2, firstFrame: 0, lastFrame: frameCount },
  };
}

function diverged(path: string, replica: string | undefined, head: LineageHead, table: PageChecksumTable): EngineError {
  return new EngineError(
    'diverged',
    `Cannot replicate ${path}: its replica is at TXID ${formatTxid(head.txid)} with database checksum ${formatChecksum(head.checksum)}, the database has ${formatChecksum(table.checksum)} and no local state that leads there`,
    {
      hint: 'restore the database from the replica first, or give it another replica path, or go on with this database: `replicate -adopt`',
      data: { replica, txid: head.txid, replicaChecksum: head.checksum, databaseChecksum: table.checksum },
    },
  );
}
