import { isPageSize } from '../database/page-size.ts';
import { type Checksum, isChecksum, toChecksum, unknownChecksum } from './checksum.ts';
import { LtxError } from './ltx-error.ts';
import { formatTxid, type Txid, toTxid } from './txid.ts';

export const ltxHeaderBytes = 100;

/** The database checksums this project stores in the reserved bytes 80-99 (docs/format.md); 0n = unknown. */
export interface LtxChecksums {
  /** The database checksum before this file; unknown when min TXID is 1. */
  readonly before: Checksum;
  /** The database checksum after this file. */
  readonly after: Checksum;
}

/** The first 100 bytes of an LTX file. */
export interface LtxHeader {
  readonly pageSizeBytes: number;
  /** The size of the database after the last transaction, in pages. */
  readonly commit: number;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
  /** Milliseconds since the Unix epoch; the time of the file. */
  readonly timestampMs: number;
  /** Where the file's frames begin in the WAL; 0 only at levels >= 1. */
  readonly walOffset: number;
  readonly walSize: number;
  /** The raw big-endian words at 16 and 20 of the WAL header. */
  readonly salt1: number;
  readonly salt2: number;
  /** The fencing epoch: the high 32 bits of the node id. Litestream writes 0. */
  readonly epoch: number;
  /** True in every file of ours and of Litestream v0.5: the standard checksum fields are zero. */
  readonly noChecksum: boolean;
  /** The standard pre-apply checksum; 0n with `noChecksum`. */
  readonly preApplyChecksum: Checksum;
  /** The checksum extension; undefined in files of other programs. */
  readonly checksums: LtxChecksums | undefined;
}

/** The WAL fields of a level-0 file that came from no WAL: a zero offset there would stop Litestream for good. */
export const noWalPosition = { walOffset: 32, walSize: 0, salt1: 0, salt2: 0 } as const;

const magic = 0x4c545831; // LTX1
const noChecksumFlag = 2;
const extensionMagic = 0x4353554d; // CSUM
const extensionOffset = 80;
/** What a JavaScript Date can hold. */
const maxTimestampMs = 8_640_000_000_000_000;

/** True for a file that must hold every page of its database. */
export function isSnapshotHeader({ minTxid }: Pick<LtxHeader, 'minTxid'>): boolean {
  return minTxid === 1n;
}

/** The 100 header bytes. Throws LtxError `header-invalid` for a header that no reader would accept. */
export function encodeLtxHeader(header: LtxHeader): Uint8Array {
  checkHeader(header, 'write');
  const bytes = new Uint8Array(ltxHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, header.noChecksum ? noChecksumFlag : 0);
  view.setUint32(8, header.pageSizeBytes);
  view.setUint32(12, header.commit);
  view.setBigUint64(16, header.minTxid);
  view.setBigUint64(24, header.maxTxid);
  view.setBigInt64(32, BigInt(header.timestampMs));
  view.setBigUint64(40, header.preApplyChecksum);
  view.setBigInt64(48, BigInt(header.walOffset));
  view.setBigInt64(56, BigInt(header.walSize));
  view.setUint32(64, header.salt1);
  view.setUint32(68, header.salt2);
  view.setUint32(72, header.epoch);
  if (header.checksums !== undefined) {
    view.setUint32(extensionOffset, extensionMagic);
    view.setBigUint64(extensionOffset + 4, header.checksums.before);
    view.setBigUint64(extensionOffset + 12, header.checksums.after);
  }
  return bytes;
}

/**
 * Reads the first 100 bytes of a file. Reserved bytes that are not our extension are let through, as every other reader
 * does: the header then has no `checksums`.
 */
export function decodeLtxHeader(bytes: Uint8Array): LtxHeader {
  if (bytes.length < ltxHeaderBytes) {
    throw new LtxError('truncated', `Cannot read LTX header: ${bytes.length} of ${ltxHeaderBytes} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, ltxHeaderBytes);
  if (view.getUint32(0) !== magic) throw invalid('read', 'it does not begin with LTX1');
  const flags = view.getUint32(4);
  if ((flags & ~noChecksumFlag) !== 0) throw invalid('read', `unknown flags 0x${flags.toString(16)}`);
  const header: LtxHeader = {
    pageSizeBytes: view.getUint32(8),
    commit: view.getUint32(12),
    minTxid: toTxid(view.getBigUint64(16)),
    maxTxid: toTxid(view.getBigUint64(24)),
    timestampMs: Number(view.getBigInt64(32)),
    preApplyChecksum: toChecksum(view.getBigUint64(40)),
    walOffset: Number(view.getBigInt64(48)),
    walSize: Number(view.getBigInt64(56)),
    salt1: view.getUint32(64),
    salt2: view.getUint32(68),
    epoch: view.getUint32(72),
    noChecksum: flags !== 0,
    checksums: view.getUint32(extensionOffset) === extensionMagic ? readChecksums(view) : undefined,
  };
  checkHeader(header, 'read');
  return header;
}

function readChecksums(view: DataView): LtxChecksums {
  return {
    before: toChecksum(view.getBigUint64(extensionOffset + 4)),
    after: toChecksum(view.getBigUint64(extensionOffset + 12)),
  };
}

type Act = 'read' | 'write';

function checkHeader(header: LtxHeader, act: Act): void {
  if (!isPageSize(header.pageSizeBytes)) throw invalid(act, `page size ${header.pageSizeBytes}`);
  if (!isUint32(header.commit)) throw invalid(act, `a database of ${header.commit} pages`);
  if (!isUint32(header.epoch)) throw invalid(act, `epoch ${header.epoch}`);
  if (header.minTxid === 0n || header.minTxid > header.maxTxid) {
    throw invalid(act, `TXIDs ${formatTxid(header.minTxid)} to ${formatTxid(header.maxTxid)}`);
  }
  if (!Number.isInteger(header.timestampMs) || Math.abs(header.timestampMs) > maxTimestampMs) {
    throw invalid(act, `timestamp ${header.timestampMs}`);
  }
  checkWalFields(header, act);
  checkChecksums(header, act);
}

function checkWalFields({ walOffset, walSize, salt1, salt2 }: LtxHeader, act: Act): void {
  if (!Number.isSafeInteger(walOffset) || walOffset < 0) throw invalid(act, `WAL offset ${walOffset}`);
  if (!Number.isSafeInteger(walSize) || walSize < 0) throw invalid(act, `WAL size ${walSize}`);
  if (!isUint32(salt1) || !isUint32(salt2)) throw invalid(act, `salts ${salt1} and ${salt2}`);
  if (walOffset === 0 && (walSize !== 0 || salt1 !== 0 || salt2 !== 0)) {
    throw invalid(act, 'a WAL size or salts without a WAL offset');
  }
}

function checkChecksums(header: LtxHeader, act: Act): void {
  const { preApplyChecksum: before, checksums } = header;
  if (isSnapshotHeader(header) || header.noChecksum) {
    if (before !== unknownChecksum) throw invalid(act, 'a pre-apply checksum where none may be');
  } else if (!isChecksum(before)) {
    throw invalid(act, 'no pre-apply checksum');
  }
  if (checksums === undefined) return;
  for (const checksum of [checksums.before, checksums.after]) {
    if (checksum !== unknownChecksum && !isChecksum(checksum)) throw invalid(act, 'a database checksum without bit 63');
  }
  if (isSnapshotHeader(header) && checksums.before !== unknownChecksum) {
    throw invalid(act, 'a database checksum before TXID 1');
  }
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}

function invalid(act: Act, state: string): LtxError {
  return new LtxError('header-invalid', `Cannot ${act} LTX header: ${state}`);
}
