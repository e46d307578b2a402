import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { FileIdentity } from './file-identity.ts';

/** What the kernel says of a descriptor is shorter, unless it holds dozens of locks. */
const shortFile = Buffer.alloc(4096);

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

/** The POSIX locks of all processes at one moment, by file. */
export class KernelLockTable {
  readonly #locks = new Map<string, KernelLock[]>();

  /** `text` is what /proc/locks says. */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const row = parseRow(line);
      if (row === undefined) continue;
      const others = this.#locks.get(row.file);
      if (others === undefined) this.#locks.set(row.file, [row.lock]);
      else others.push(row.lock);
    }
  }

  /** Empty also where a file system goes by other device numbers in this table than in stat(2), as overlays do. */
  locksOn(file: FileIdentity): readonly KernelLock[] {
    return this.#locks.get(`${deviceName(file.device)}:${file.inode}`) ?? [];
  }
}

/** The table as it stands; undefined where the kernel shows none (macOS). */
export function readKernelLockTable(): KernelLockTable | undefined {
  const text = readProcFile('/proc/locks');
  return text === undefined ? undefined : new KernelLockTable(text);
}

/**
 * The locks that this process took through one of its descriptors: neither pid namespaces nor device numbers blur them, and
 * they cost the same among thousands of databases. Undefined where the kernel does not tell.
 */
export function locksThrough(descriptor: number): KernelLock[] | undefined {
  const text = readShortProcFile(`/proc/self/fdinfo/${descriptor}`);
  return text?.split('\n').flatMap((line) => (line.startsWith('lock:') ? (parseRow(line.slice(6))?.lock ?? []) : []));
}

/** Whether one of some locks lies on a byte of a range. */
export function hasLockOn(locks: readonly KernelLock[], firstByte: number, byteCount = 1): boolean {
  return locks.some((lock) => lock.firstByte < firstByte + byteCount && lock.lastByte >= firstByte);
}

/** A row is `1: POSIX  ADVISORY  READ 4242 fe:00:131075 123 123`; one that waits has an arrow after the number. */
function parseRow(line: string): { file: string; lock: KernelLock } | undefined {
  const [, type, , kind, pid, file, first, last] = line.split(/ +/);
  if (type !== 'POSIX' || file === undefined || (kind !== 'READ' && kind !== 'WRITE')) return undefined;
  const lastByte = last === 'EOF' ? Number.POSITIVE_INFINITY : Number(last);
  return { file, lock: { pid: Number(pid), kind, firstByte: Number(first), lastByte } };
}

/** A device number as /proc/locks prints it: two-digit hexadecimal major and minor. */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}`;
}

/**
 * What is one record for the kernel, which it gives whole or as far as there is room. Asked for thousands of descriptors, while
 * `readFileSync` takes a buffer of 64 KB for each file of unknown size.
 */
function readShortProcFile(path: string): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const count = readSync(descriptor, shortFile);
      if (count < shortFile.length) return shortFile.toString('latin1', 0, count);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return readProcFile(path);
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
