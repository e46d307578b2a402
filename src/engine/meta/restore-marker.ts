import { readFile } from 'node:fs/promises';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MetaDirectory } from './meta-directory.ts';
import { PageChecksumTable } from './page-checksum-table.ts';
import { stateVersion } from './state-version.ts';
import type { StoredRestoreMarker } from './stored-restore-marker.ts';

/** Says which state of a replica a database was made from, so that replication can go on from it. */
export interface RestoreMarker {
  /** The state the database had. */
  readonly txid: Txid;
  /** The newest TXID of the replica then: if it is a later one now, somebody else has written since. */
  readonly newestTxid: Txid;
  /** The page checksums of that state. */
  readonly table: PageChecksumTable;
}

/** Leaves the marker durably: the table first, then the note that makes it count. */
export async function writeRestoreMarker(
  meta: MetaDirectory,
  marker: { readonly txid: Txid; readonly newestTxid: Txid; readonly table: PageChecksumTable },
  { durableFiles }: { durableFiles: DurableFiles },
): Promise<void> {
  await makeDirectory(meta.path);
  await marker.table.save(meta.restoredPageChecksumsPath, marker.txid, { durableFiles, purpose: 'restore-marker' });
  const text = JSON.stringify({
    version: stateVersion,
    txid: formatTxid(marker.txid),
    newestTxid: formatTxid(marker.newestTxid),
    checksum: marker.table.checksum.toString(16).padStart(16, '0'),
  });
  await durableFiles.replace('restore-marker', meta.restoreMarkerPath, Buffer.from(text));
}

/** Reads the marker; undefined when there is none or it does not belong to its table. */
export async function readRestoreMarker(meta: MetaDirectory): Promise<RestoreMarker | undefined> {
  let stored: StoredRestoreMarker;
  try {
    const text = await readFile(meta.restoreMarkerPath, 'utf8');
    const { storedRestoreMarker } = await import('./stored-restore-marker.ts');
    stored = storedRestoreMarker.parse(JSON.parse(text));
  } catch {
    return undefined; // no marker, or one that says nothing
  }
  const loaded = await PageChecksumTable.load(meta.restoredPageChecksumsPath);
  if (loaded === undefined || loaded.tag.txid !== stored.txid || loaded.tag.checksum !== stored.checksum)
    return undefined;
  return { txid: stored.txid, newestTxid: stored.newestTxid, table: loaded.table };
}

/** Whether a database made from `marker` may go on after `head` without asking anybody. */
export function leadsTo(marker: RestoreMarker, head: LineageHead): boolean {
  return marker.newestTxid === head.txid;
}
