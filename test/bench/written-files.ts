import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeLtxHeader, ltxHeaderBytes } from '../../src/format/ltx/header.ts';

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

function readHeader(path: string) {
  const bytes = new Uint8Array(ltxHeaderBytes);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, bytes, 0, ltxHeaderBytes, 0);
  } finally {
    closeSync(descriptor);
  }
  return decodeLtxHeader(bytes);
}
