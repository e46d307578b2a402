import { nextTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LocalFile } from '../meta/local-files.ts';

/** Level-0 files kept beside the database are not let grow beyond this, or the size of the database if that is less. */
const tableLimitBytes = 64 * 1024 * 1024;
const tableLimitFiles = 256;
/** A backlog of more files than this at every replica is not let grow by further small ones. */
const backlogLimitFiles = 64;
/** A replica that lags behind others gets its files from them once the local ones take this multiple of the limit. */
const laggardFactor = 4;

export interface LocalState {
  /** Ascending, without gaps. */
  readonly files: readonly LocalFile[];
  readonly databaseBytes: number;
  /** The TXID of the stored page-checksum table; later files are needed to roll it forward. */
  readonly storedTableTxid: Txid | undefined;
  /** The newest TXID of each replica; undefined where it is not known. */
  readonly acknowledged: readonly (Txid | undefined)[];
}

/** Whether the page-checksum table should be stored, so that shipped files before it can go. */
export function isTableDue({ files, databaseBytes, storedTableTxid, acknowledged }: LocalState): boolean {
  // Where the files do not begin with TXID 1, nothing but the table tells what came before them.
  if (storedTableTxid === undefined && files[0] !== undefined && files[0].txid > 1n) return true;
  const first = countUpTo(files, storedTableTxid ?? noTxid);
  const end = countUpTo(files, newestShipped(acknowledged));
  if (end <= first) return false;
  return end - first >= tableLimitFiles || bytesOf(files, first, end) >= Math.min(tableLimitBytes, databaseBytes);
}

/**
 * Whether a replica has so many files before it that what comes next should go into the newest one. Not where that is large:
 * to write it again with every piece of a bulk load would take longer than to send the pieces.
 */
export function isBacklogLong(files: readonly LocalFile[], acknowledged: Txid | undefined): boolean {
  const newest = files.at(-1);
  if (acknowledged === undefined || newest === undefined || newest.sizeBytes > tableLimitBytes) return false;
  return newest.txid - acknowledged > backlogLimitFiles;
}

/**
 * Files before the returned TXID may go: every replica has them, the table does not need them, and the newest file always
 * stays. Where one replica lags far behind the others, those that any replica has may go: it is given them from there.
 */
export function removableBefore({ files, databaseBytes, storedTableTxid, acknowledged }: LocalState): Txid {
  const newest = files.at(-1)?.txid;
  if (newest === undefined || storedTableTxid === undefined) return noTxid;
  const tooMany = bytesOf(files, 0, files.length) > laggardFactor * Math.max(tableLimitBytes, databaseBytes);
  const shipped = tooMany ? newestShipped(acknowledged) : oldestShipped(acknowledged, newest);
  return nextTxid(least(shipped, least(storedTableTxid, (newest - 1n) as Txid)));
}

/** How many of the files end at a TXID or before. */
function countUpTo(files: readonly LocalFile[], txid: Txid): number {
  const first = files[0]?.txid;
  return first === undefined || txid < first ? 0 : Math.min(files.length, Number(txid - first) + 1);
}

function least(a: Txid, b: Txid): Txid {
  return a < b ? a : b;
}

function oldestShipped(acknowledged: readonly (Txid | undefined)[], newest: Txid): Txid {
  return acknowledged.reduce<Txid>((lowest, txid) => least(lowest, txid ?? noTxid), newest);
}

function newestShipped(acknowledged: readonly (Txid | undefined)[]): Txid {
  return acknowledged.reduce<Txid>((most, txid) => (txid !== undefined && txid > most ? txid : most), noTxid);
}

/** Of the files from `first` to before `end`. It is asked for after every commit: no list is made for it. */
function bytesOf(files: readonly LocalFile[], first: number, end: number): number {
  let bytes = 0;
  for (let i = first; i < end; i++) bytes += files[i]!.sizeBytes;
  return bytes;
}
