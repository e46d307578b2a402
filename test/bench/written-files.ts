import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../src/format/ltx/header.ts';
import { decodePageIndex, type PageIndex } from '../../src/format/ltx/page-index.ts';
import { locatePageIndex, ltxTailBytes } from '../../src/format/ltx/tail.ts';

/** A file in a replica. */
export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Every LTX file below a folder, largest first. */
export function writtenFiles(folder: string): WrittenFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ltx'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, sizeBytes: statSync(path).size }))
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
}

export function totalBytes(files: readonly WrittenFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The part of the files that carry the checksum of the database after them. */
export function checksumShare(files: readonly WrittenFile[]): number {
  return files.filter(({ path }) => (readHeader(path).checksums?.after ?? 0n) !== 0n).length / files.length;
}

/** What nobody can do without who restores these files: of each page its newest version, and of each file all else. */
export function newestVersionBytes(files: readonly WrittenFile[]): number {
  const seen = new Set<number>();
  let bytes = 0;
  const newestFirst = files.map((file) => ({ ...file, txid: readHeader(file.path).maxTxid }));
  for (const { path, sizeBytes } of newestFirst.sort((a, b) => (a.txid > b.txid ? -1 : 1))) {
    const { count, pgnos, sizes } = readIndex({ path, sizeBytes });
    bytes += sizeBytes;
    for (let at = 0; at < count; at++) if (seen.has(pgnos[at]!)) bytes -= sizes[at]!;
    for (const pgno of pgnos) seen.add(pgno);
  }
  return bytes;
}

export function readHeader(path: string): LtxHeader {
  return decodeLtxHeader(readPart(path, 0, ltxHeaderBytes));
}

function readIndex({ path, sizeBytes: fileSizeBytes }: WrittenFile): PageIndex {
  const tail = readPart(path, fileSizeBytes - ltxTailBytes, ltxTailBytes);
  const { offset, sizeBytes } = locatePageIndex(tail, fileSizeBytes);
  return decodePageIndex(readPart(path, offset, sizeBytes), { fileSizeBytes });
}

function readPart(path: string, offset: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, bytes, 0, sizeBytes, offset);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
