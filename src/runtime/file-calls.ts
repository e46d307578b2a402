import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { pathExists } from './path-exists.ts';

/** What a call returns: on a disk of this machine at once, elsewhere later. */
type Soon<T> = T | Promise<T>;

/** Of the file under a name. Times in milliseconds, cut to whole ones where they can be set. */
export interface FileStats {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** When the file, or what is known of it, changed last. */
  readonly changedAtMs: number;
}

/** The system calls that durable files are made of. Each throws, or rejects with, what the system says. */
export interface FileCalls {
  open(path: string, flags: string | number, mode?: number): Soon<number>;
  /** Reads into `target` from its start; returns how many bytes there were, 0 at the end of the file. */
  read(descriptor: number, target: Uint8Array, position: number): Soon<number>;
  write(descriptor: number, bytes: Uint8Array, position: number): Promise<void>;
  /** One call, which may write less; returns how much that was. */
  writeSome(descriptor: number, bytes: Uint8Array, position: number): Promise<number>;
  sync(descriptor: number): Promise<void>;
  syncData(descriptor: number): Promise<void>;
  truncate(descriptor: number, sizeBytes: number): Soon<void>;
  /** Sets the modification time. */
  setModified(descriptor: number, timeMs: number): Soon<void>;
  inodeOf(descriptor: number): Soon<bigint>;
  close(descriptor: number): Soon<void>;
  /** The inode under a name, links not followed. */
  inodeAt(path: string): Soon<bigint>;
  stats(path: string): Soon<FileStats>;
  exists(path: string): Soon<boolean>;
  rename(from: string, to: string): Soon<void>;
  link(existingPath: string, newPath: string): Soon<void>;
  unlink(path: string): Soon<void>;
}

/** Up to this many bytes go into the page cache, or come from it, faster than they go to another thread. */
const promptBytes = 128 * 1024;

const write = promisify(fs.write) as (
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;
const read = promisify(fs.read) as (
  descriptor: number,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>;
const sync = promisify(fs.fsync);
const syncData = promisify(fs.fdatasync);

/**
 * A file time for futimes, in seconds. Node hands it on as a floating-point number and may cut it to whole microseconds: half
 * of one more keeps the millisecond from becoming the one before.
 */
export function fileTime(timeMs: number): number {
  return (timeMs + 0.0005) / 1000;
}

function fileStats({ size, mtimeMs, ctimeMs }: fs.Stats): FileStats {
  return { sizeBytes: size, modifiedMs: Math.floor(mtimeMs), changedAtMs: ctimeMs };
}

async function readSome(descriptor: number, target: Uint8Array, position: number): Promise<number> {
  return (await read(descriptor, target, 0, target.byteLength, position)).bytesRead;
}

async function writeSome(descriptor: number, bytes: Uint8Array, position: number): Promise<number> {
  return (await write(descriptor, bytes, 0, bytes.byteLength, position)).bytesWritten;
}

async function writeAll(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; )
    done += await writeSome(descriptor, bytes.subarray(done), position + done);
}

/**
 * For disks of this machine: whatever does not wait for the disk is done at once. Handing it to another thread and back
 * takes ten times as long as the call itself.
 */
export const promptCalls: FileCalls = {
  open: fs.openSync,
  read: (descriptor, target, position) =>
    target.byteLength > promptBytes
      ? readSome(descriptor, target, position)
      : fs.readSync(descriptor, target, 0, target.byteLength, position),
  async write(descriptor, bytes, position) {
    if (bytes.byteLength > promptBytes) return writeAll(descriptor, bytes, position);
    for (let done = 0; done < bytes.byteLength; )
      done += fs.writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done);
  },
  writeSome,
  sync,
  syncData,
  truncate: fs.ftruncateSync,
  setModified: (descriptor, timeMs) => fs.futimesSync(descriptor, fileTime(timeMs), fileTime(timeMs)),
  inodeOf: (descriptor) => fs.fstatSync(descriptor, { bigint: true }).ino,
  close: fs.closeSync,
  inodeAt: (path) => fs.lstatSync(path, { bigint: true }).ino,
  stats: (path) => fileStats(fs.statSync(path)),
  exists: (path) => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  rename: fs.renameSync,
  link: fs.linkSync,
  unlink: fs.unlinkSync,
};

/** For file systems of other machines, any of whose calls may take its time: nobody else waits meanwhile. */
export const patientCalls: FileCalls = {
  open: (path, flags, mode) => promisify(fs.open)(path, flags, mode),
  read: readSome,
  write: writeAll,
  writeSome,
  sync,
  syncData,
  truncate: promisify(fs.ftruncate),
  setModified: (descriptor, timeMs) => promisify(fs.futimes)(descriptor, fileTime(timeMs), fileTime(timeMs)),
  inodeOf: async (descriptor) => (await promisify(fs.fstat)(descriptor, { bigint: true })).ino,
  close: promisify(fs.close),
  inodeAt: async (path) => (await fs.promises.lstat(path, { bigint: true })).ino,
  stats: async (path) => fileStats(await fs.promises.stat(path)),
  exists: pathExists,
  rename: fs.promises.rename,
  link: fs.promises.link,
  unlink: fs.promises.unlink,
};
