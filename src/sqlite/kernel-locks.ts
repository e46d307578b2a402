import { readFileSync } from 'node:fs';
import type { FileIdentity } from './file-identity.ts';

/** One POSIX lock, as the kernel has it. */
export interface KernelLock {
  readonly pid: number;
  readonly kind: 'READ' | 'WRITE';
  readonly firstByte: number;
  readonly lastByte: number;
}

/** Offsets of SQLite's lock bytes in a `-shm` file: the five read marks, then the "dead man" byte. */
export const readMarkLockByte = 123;
export const readMarkCount = 5;
export const sharedMemoryLockByte = 128;
/** Offset of the bytes that a connection to a WAL database holds shared in the database file. */
export const sharedLockByte = 0x4000_0002;

/** The locks that processes hold on a file; undefined where the kernel shows no table (macOS). */
export function kernelLocks(file: FileIdentity): KernelLock[] | undefined {
  let table: string;
  try {
    table = readFileSync('/proc/locks', 'latin1');
  } catch {
    return undefined;
  }
  return parseKernelLocks(table, file);
}

/** The rows of a /proc/locks text that belong to a file. */
export function parseKernelLocks(table: string, file: FileIdentity): KernelLock[] {
  const wanted = `${deviceName(file.device)}:${file.inode}`;
  return table.split('\n').flatMap((line): KernelLock[] => {
    const match = /^\d+: POSIX +\S+ +(READ|WRITE) (\d+) (\S+) (\d+) (\d+|EOF)/.exec(line);
    if (match === null || match[3] !== wanted) return [];
    const lastByte = match[5] === 'EOF' ? Number.POSITIVE_INFINITY : Number(match[5]);
    return [{ pid: Number(match[2]), kind: match[1] as KernelLock['kind'], firstByte: Number(match[4]), lastByte }];
  });
}

/** A device number as /proc/locks prints it: two-digit hexadecimal major and minor. */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}`;
}
