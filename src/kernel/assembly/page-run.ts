import { crc64, fold16, fold32, fold64, moveByTables } from './crc64';
import { compressBlock } from './lz4-compress';
import { decompressBlock } from './lz4-decompress';

const checksumFlag: u64 = 1 << 63;
const allOnes: u64 = ~0;
/** The flags of a page frame (big-endian 1) as they are read by a little-endian load. */
const sizeFollows: u16 = 0x0100;
const headerBytes: usize = 10;

/** Where everything of a run stands in memory. src/kernel/run-layout.ts writes the same fields in the same order. */
@unmanaged
class Run {
  register: u64;
  pageSize: u32;
  capacity: u32;
  /** The longest block that `pageSize` bytes can become. */
  blockLimit: u32;
  pages: u32;
  pgnos: u32;
  checksums: u32;
  frames: u32;
  frameSizes: u32;
  hashTable: u32;
  hashTableBits: u32;
  /** The tables of `prepareMove` for the page size. */
  moveTables: u32;
  /** The frame at which `decodePages` stopped. */
  failed: u32;
}

/**
 * Adds a page frame to the file's register without a second look at the page: with K = x^(8 * page size) the page's own
 * register is prefix * K + page and the file's becomes file * K + page, which is (file + prefix) * K + the page's own.
 */
function addFrame(run: Run, register: u64, frame: usize, index: u32): u64 {
  const page = run.pages + index * run.pageSize;
  const prefix = fold32(allOnes, load<u32>(frame));
  const own = crc64(prefix, page, run.pageSize);
  store<u64>(run.checksums + (index << 3), ~own | checksumFlag);
  const file = fold16(fold64(register, load<u64>(frame)), load<u16>(frame, 8));
  return moveByTables(run.moveTables, file ^ prefix) ^ own;
}

/** `pages`, `pgnos` -> `checksums`. */
export function checksumPages(at: usize, count: u32): void {
  const run = changetype<Run>(at);
  for (let index: u32 = 0; index < count; index++) {
    const prefix = fold32(allOnes, bswap<u32>(load<u32>(run.pgnos + (index << 2))));
    const own = crc64(prefix, run.pages + index * run.pageSize, run.pageSize);
    store<u64>(run.checksums + (index << 3), ~own | checksumFlag);
  }
}

/** `pages`, `pgnos` -> `frames`, `frameSizes`, `checksums`, `register`. Returns the bytes of all frames. */
export function encodePages(at: usize, count: u32): u32 {
  const run = changetype<Run>(at);
  let register = run.register;
  let frame: usize = run.frames;
  for (let index: u32 = 0; index < count; index++) {
    const page = run.pages + index * run.pageSize;
    const size = compressBlock(page, run.pageSize, frame + headerBytes, run.hashTable, run.hashTableBits);
    store<u32>(frame, bswap<u32>(load<u32>(run.pgnos + (index << 2))));
    store<u16>(frame, sizeFollows, 4);
    store<u32>(frame, bswap<u32>(size), 6);
    register = addFrame(run, register, frame, index);
    store<u32>(run.frameSizes + (index << 2), headerBytes + size);
    frame += headerBytes + size;
  }
  run.register = register;
  return frame - run.frames;
}

/**
 * `frames` -> `pages`, `pgnos`, `frameSizes`, `checksums`, `register`. Returns the number of pages, or what is wrong with
 * the frame `failed` as a negative number known to src/kernel/wasm-page-run.ts.
 */
export function decodePages(at: usize, frameBytes: u32): i32 {
  const run = changetype<Run>(at);
  let register = run.register;
  let frame: usize = run.frames;
  const end = frame + frameBytes;
  let index: u32 = 0;
  for (; frame < end; index++) {
    run.failed = index;
    if (index == run.capacity) return -1;
    if (end - frame < headerBytes) return -2;
    const pgno = bswap<u32>(load<u32>(frame));
    if (pgno == 0) return -3;
    if (load<u16>(frame, 4) != sizeFollows) return -4;
    const size = bswap<u32>(load<u32>(frame, 6));
    if (size > run.blockLimit) return -6;
    if (size > end - frame - headerBytes) return -5;
    const page = run.pages + index * run.pageSize;
    if (decompressBlock(frame + headerBytes, size, page, run.pageSize) != run.pageSize) return -6;
    register = addFrame(run, register, frame, index);
    store<u32>(run.pgnos + (index << 2), pgno);
    store<u32>(run.frameSizes + (index << 2), headerBytes + size);
    frame += headerBytes + size;
  }
  run.register = register;
  return index;
}
