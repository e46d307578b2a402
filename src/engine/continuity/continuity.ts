import { unknownChecksum } from '../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../format/ltx/header.ts';
import { formatTxid } from '../../format/ltx/txid.ts';
import { walFrameBytes } from '../../format/wal/frame-header.ts';
import { walHeaderBytes } from '../../format/wal/header.ts';
import type { ReplicaClient } from '../../replica/replica-client.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { FrameReader } from '../capture/frame-reader.ts';
import type { WalPosition } from '../capture/wal-position.ts';
import { EngineError } from '../engine-error.ts';
import { headOf, type LineageHead } from '../lineage-head.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import type { PageChecksumTable } from '../meta/page-checksum-table.ts';
import { loadPosition } from '../meta/position-file.ts';
import { leadsTo, readRestoreMarker } from '../meta/restore-marker.ts';
import type { PageRuns } from '../page-runs.ts';
import type { ReplicaHead } from './replica-head.ts';
import { readReplicaTable } from './replica-table.ts';
import { openStoredTable } from './stored-table.ts';
import { provePosition } from './wal-evidence.ts';

/** How a database that is being attached goes on. A table is to be closed by whoever goes on with it. */
export type Continuity =
  /** Nothing was missed: the WAL goes on where we stopped. */
  | {
      readonly kind: 'continue';
      readonly head: LineageHead;
      readonly table: PageChecksumTable;
      readonly position: WalPosition;
    }
  /** The whole database is read; with a table only the pages that differ become the next TXID. */
  | {
      readonly kind: 'scan';
      readonly head: LineageHead | undefined;
      readonly table: PageChecksumTable | undefined;
      readonly reason: string;
    }
  /** The database must be found equal to the replica's newest state, page checksum by page checksum. */
  | { readonly kind: 'match'; readonly head: LineageHead };

/** The replica that knows most, as far as replicas could be reached. */
export interface Remote {
  readonly name: string;
  readonly client: ReplicaClient;
  readonly head: ReplicaHead;
}

export interface ContinuityEvidence {
  readonly live: LiveDatabase;
  readonly frames: FrameReader;
  readonly meta: MetaDirectory;
  readonly files: LocalFiles;
  readonly remote: Remote | undefined;
  /** Go on with the local database although its lineage differs. */
  readonly adopt: boolean;
  readonly runs: PageRuns;
}

/**
 * Establishes where to go on, from evidence only. The read mark is held before anything here looks at the WAL. Throws
 * EngineError `diverged` when database and replica disagree and only the operator can decide.
 */
export async function establishContinuity(evidence: ContinuityEvidence): Promise<Continuity> {
  const { files, remote } = evidence;
  const header = files.newest === undefined ? undefined : await files.readHeader(files.newest.txid);
  if (remote !== undefined && (header === undefined || remote.head.txid > header.maxTxid)) {
    return continueFromReplica(evidence, remote);
  }
  if (header === undefined) return { kind: 'scan', head: undefined, table: undefined, reason: 'it is new' };
  if (remote !== undefined) await refuseOtherPast(evidence, remote);
  return continueFromLocal(evidence, header);
}

async function continueFromLocal(evidence: ContinuityEvidence, header: LtxHeader): Promise<Continuity> {
  const { live, meta, files, runs } = evidence;
  const head = headOf(header);
  if (header.pageSizeBytes !== live.pageSizeBytes) {
    return { kind: 'scan', head, table: undefined, reason: 'its page size changed' };
  }
  const table = await openStoredTable(meta, files, { runs });
  if (table === undefined) return { kind: 'scan', head, table, reason: 'there is no usable page-checksum table' };
  try {
    const position = (await loadPosition(meta.positionPath, head.txid)) ?? positionOf(header);
    const proven = provePosition(position, { ...evidence, table });
    if (typeof proven !== 'string') return { kind: 'continue', head, table, position: proven };
    return { kind: 'scan', head, table, reason: proven };
  } catch (error) {
    table.close();
    throw error;
  }
}

/** The replica is ahead of us, or we know nothing. */
async function continueFromReplica(evidence: ContinuityEvidence, remote: Remote): Promise<Continuity> {
  const { meta, live, runs, adopt } = evidence;
  const { head } = remote;
  const marker = await readRestoreMarker(meta);
  const known = marker !== undefined && leadsTo(marker, head);
  if (head.pageSizeBytes !== live.pageSizeBytes && (known || adopt)) {
    return { kind: 'scan', head, table: undefined, reason: 'its page size changed' };
  }
  if (known && marker.txid === head.txid) {
    return { kind: 'scan', head: checked(head, marker.table), table: marker.table, reason: 'it was restored' };
  }
  if (known || adopt) {
    const table = await readReplicaTable(remote.client, head.txid, { runs });
    const reason = known ? `it was restored at TXID ${formatTxid(marker.txid)}` : 'it is adopted';
    return { kind: 'scan', head: checked(head, table), table, reason };
  }
  if (head.checksum !== unknownChecksum) return { kind: 'match', head };
  return { kind: 'match', head: checked(head, await readReplicaTable(remote.client, head.txid, { runs })) };
}

function checked(head: LineageHead, table: PageChecksumTable): LineageHead {
  return { ...head, checksum: table.checksum };
}

/** A replica's newest file must be the one we made, where we still have ours. */
async function refuseOtherPast({ files, live }: ContinuityEvidence, { name, head }: Remote): Promise<void> {
  if (!files.has(head.txid)) return;
  const own = headOf(await files.readHeader(head.txid));
  const known = own.checksum !== unknownChecksum && head.checksum !== unknownChecksum;
  if (head.file.level !== 0 || (known ? own.checksum === head.checksum : own.timestampMs === head.timestampMs)) return;
  throw new EngineError(
    'diverged',
    `Cannot replicate ${live.path}: replica ${name} has another TXID ${formatTxid(head.txid)} than the local files (epoch ${head.epoch} there, ${own.epoch} here)`,
    {
      hint: 'two programs have written this replica: give one of them another path, or run `litestream reset` and then `replicate -adopt`',
    },
  );
}

/** Where the frames of a file end in the WAL it came from. */
function positionOf({ walOffset, walSize, salt1, salt2, pageSizeBytes }: LtxHeader): WalPosition {
  const salts = new Uint8Array(8);
  const view = new DataView(salts.buffer);
  view.setUint32(0, salt1);
  view.setUint32(4, salt2);
  const frameCount = Math.floor((walOffset + walSize - walHeaderBytes) / walFrameBytes(pageSizeBytes));
  return { salts, salt1, salt2, frameCount, checksum: undefined };
}
