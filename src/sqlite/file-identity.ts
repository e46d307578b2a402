import { statSync } from 'node:fs';
import { systemErrorCode } from '../runtime/typed-error.ts';

/** A file independent of its name: symlinks and hard links of one file have one identity. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
}

/** Identifies a file without opening it; undefined when there is none. */
export function identifyFile(path: string): FileIdentity | undefined {
  try {
    const { dev, ino, size } = statSync(path, { bigint: true });
    return { device: dev, inode: ino, sizeBytes: Number(size) };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function sameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && b !== undefined && a.device === b.device && a.inode === b.inode;
}
