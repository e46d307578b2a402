import { compressedLimit, pageFrameHeaderBytes } from './limits.ts';

/** Vectors are read and written whole: up to this many bytes after an input or output may be touched. */
const slackBytes = 64;
/** 16 tables of 16 products of 8 bytes. */
const moveTableBytes = 2048;
export const wasmPageBytes = 65536;

/** Where everything of a page run stands in its memory. */
export interface RunLayout {
  readonly pages: number;
  readonly pgnos: number;
  readonly checksums: number;
  readonly frames: number;
  readonly framesBytes: number;
  readonly frameSizes: number;
  readonly moveTables: number;
  readonly hashTable: number;
  readonly hashTableBits: number;
  readonly memoryPageCount: number;
}

/** The descriptor of the run itself, `Run` in assembly/page-run.ts. */
export const runAddress = 1024;
/** Its last field. */
export const failedFrameAddress = runAddress + 52;

/** Lays out a run behind its descriptor. */
export function layoutRun(pageSize: number, capacity: number): RunLayout {
  let end = runAddress + 128;
  const take = (sizeBytes: number): number => {
    const start = end;
    end = Math.ceil((start + sizeBytes + slackBytes) / 16) * 16;
    return start;
  };
  const hashTableBits = hashTableBitsFor(pageSize);
  const framesBytes = capacity * (pageFrameHeaderBytes + compressedLimit(pageSize));
  const moveTables = take(moveTableBytes);
  const hashTable = take(2 * 2 ** hashTableBits);
  const pgnos = take(capacity * 4);
  const frameSizes = take(capacity * 4);
  const checksums = take(capacity * 8);
  const pages = take(capacity * pageSize);
  const frames = take(framesBytes);
  return {
    ...{ pages, pgnos, checksums, frames, framesBytes, frameSizes, moveTables, hashTable, hashTableBits },
    memoryPageCount: Math.ceil(end / wasmPageBytes),
  };
}

/** The table is cleared for every page, so it is no larger than a page can use: 2^9 to 2^13 positions. */
export function hashTableBitsFor(sizeBytes: number): number {
  return Math.min(13, Math.max(9, Math.ceil(Math.log2(Math.max(1, sizeBytes)))));
}

/** Writes the descriptor, field by field in the order of `Run`. */
export function writeRun(memory: SharedArrayBuffer, layout: RunLayout, pageSize: number, capacity: number): void {
  const fields = new Uint32Array(memory, runAddress + 8);
  const values = [
    ...[pageSize, capacity, compressedLimit(pageSize), layout.pages, layout.pgnos, layout.checksums],
    ...[layout.frames, layout.frameSizes, layout.hashTable, layout.hashTableBits, layout.moveTables, 0],
  ];
  fields.set(values);
}
