import { unknownChecksum } from '../../format/ltx/checksum.ts';
import type { LineageHead } from '../lineage-head.ts';

/** What tells one level-0 file from another of the same TXID. */
export interface FencedFile {
  /** In its header; 0 in files of Litestream's. */
  readonly epoch: number;
  /** The last eight bytes of the file: equal exactly when all bytes are. */
  readonly fileChecksum: bigint;
}

/** What follows from a level-0 create that met another file. */
export type RefusedCreate =
  /** It is our own: an earlier attempt whose reply was lost. */
  | 'ours'
  /** Somebody acquired the lease after us: nothing may be sent any more. */
  | 'step-down'
  /** A former holder's write landed late, before our epoch file: it is history now, and the next TXID puts it right. */
  | 'absorb'
  /** Two processes write under one epoch, which no lease allows: the operator has to look. */
  | 'two-writers';

/** `epoch` is the one in force here, which a file attempted earlier need not carry. */
export function judgeRefusedCreate(theirs: FencedFile, own: FencedFile, epoch: number): RefusedCreate {
  if (theirs.fileChecksum === own.fileChecksum) return 'ours';
  if (theirs.epoch > epoch) return 'step-down';
  return theirs.epoch < epoch ? 'absorb' : 'two-writers';
}

/** What an acquisition finds, by newest TXIDs. */
export interface AcquisitionEvidence {
  /** The newest transaction of the replica; undefined when it holds none. */
  readonly replica: LineageHead | undefined;
  /** The newest local one; undefined when there is none. */
  readonly local: LineageHead | undefined;
  /** The local one of the replica's newest TXID; undefined when it is not kept here. */
  readonly localThere: LineageHead | undefined;
}

export type AcquisitionFinding =
  /** The replica's newest is ours, or it holds nothing: local files after it are sent. */
  | 'go-on'
  /** It knows TXIDs that we do not, or nothing is kept here. */
  | 'replica-ahead'
  /** Another holder went on from an earlier TXID: local files from the replica's newest one on were never part of the lineage. */
  | 'superseded'
  /** A former holder's late write stands where a file of ours was to go. */
  | 'absorb'
  /** Two files of one TXID under one epoch. */
  | 'two-writers';

/** How the replica stands to the local files, before the epoch file is made. */
export function judgeAcquisition({ replica, local, localThere }: AcquisitionEvidence): AcquisitionFinding {
  if (replica === undefined) return 'go-on';
  if (local === undefined || replica.txid > local.txid) return 'replica-ahead';
  if (localThere === undefined) return replica.epoch > local.epoch ? 'superseded' : 'go-on';
  if (isSame(replica, localThere)) return 'go-on';
  if (replica.epoch > localThere.epoch) return 'superseded';
  return replica.epoch < localThere.epoch ? 'absorb' : 'two-writers';
}

/** Files of other programs carry no checksum; the time tells them apart. */
function isSame(a: LineageHead, b: LineageHead): boolean {
  if (a.epoch !== b.epoch) return false;
  const known = a.checksum !== unknownChecksum && b.checksum !== unknownChecksum;
  return known ? a.checksum === b.checksum : a.timestampMs === b.timestampMs;
}
