import { type BigIntStats, fstatSync, statSync } from 'node:fs';
import { systemErrorCode } from '../runtime/typed-error.ts';

/** A file independent of its name: symlinks and hard links of one file have one identity. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
  /** False for directories, pipes, devices: opening one of those can block or does harm. */
  readonly isFile: boolean;
}

/** Identifies a file without opening it; undefined when there is none. */
export function identifyFile(path: string): FileIdentity | undefined {
  try {
    return identity(statSync(path, { bigint: true }));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Identifies what a descriptor is open on; undefined when it is not open. */
export function identifyDescriptor(descriptor: number): FileIdentity | undefined {
  try {
    return identity(fstatSync(descriptor, { bigint: true }));
  } catch {
    return undefined;
  }
}

export function sameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && b !== undefined && a.device === b.device && a.inode === b.inode;
}

function identity(stats: BigIntStats): FileIdentity {
  return { device: stats.dev, inode: stats.ino, sizeBytes: Number(stats.size), isFile: stats.isFile() };
}
