import type { RunShare } from './run-share.ts';

/** A running WAL checksum: the two 32-bit sums of SQLite's file format, section 4.2. */
export interface WalChecksum {
  readonly s1: number;
  readonly s2: number;
}

/** Byte order in which a WAL's checksums read its words: `big` for magic 0x377f0683, `little` for 0x377f0682. */
export type WalByteOrder = 'big' | 'little';

export interface VerifiedFrames {
  /** How many frames from the start are valid. */
  readonly frames: number;
  /** The running checksum after the last valid frame. */
  readonly checksum: WalChecksum;
}

export interface EncodedRun {
  /** Bytes now standing at the start of `frames`. */
  readonly frameBytes: number;
  readonly register: bigint;
}

export interface DecodedRun {
  readonly pageCount: number;
  readonly register: bigint;
  /** How many bytes the register took. */
  readonly hashedBytes: number;
}

/**
 * The byte-crunching inner loops, as one replaceable set. There is an AssemblyScript build and a plain TypeScript
 * reference of the same type; test/kernel runs one suite over both.
 *
 * A CRC-64 *register* is the raw state of CRC-64/GO-ISO (reflected polynomial 0xD800000000000000): it starts as all ones
 * for a checksum of its own, as 0n for a part that is combined later, and the checksum is its complement.
 */
export interface Kernels {
  readonly kind: 'wasm' | 'reference';
  /** Where bulk work can go; undefined where there is one core only, and in the reference. */
  readonly threads: KernelThreads | undefined;

  /** Folds `bytes` into a CRC-64 register. */
  crc64(register: bigint, bytes: Uint8Array): bigint;

  /** Folds `bytes` (a multiple of 8) into a running WAL checksum. */
  walChecksum(checksum: WalChecksum, bytes: Uint8Array, order: WalByteOrder): WalChecksum;

  /**
   * Checks consecutive WAL frames (24-byte header + page each): salts equal to `salts` (the 8 raw bytes at 16 of the WAL
   * header), page number not 0, running checksum right. Stops before the first invalid one; a part of a frame is ignored.
   */
  verifyFrames(
    frames: Uint8Array,
    pageSize: number,
    salts: Uint8Array,
    checksum: WalChecksum,
    order: WalByteOrder,
  ): VerifiedFrames;

  /** LZ4 block compression of at most 65536 bytes. Returns the bytes written to `target`, or 0 when they do not fit. */
  compressBlock(source: Uint8Array, target: Uint8Array): number;

  /**
   * LZ4 block decompression into a target of at most 65536 bytes. Returns the bytes written. Throws KernelError when `source`
   * is not a block that fits; `target` is undefined then.
   */
  decompressBlock(source: Uint8Array, target: Uint8Array): number;

  /** Makes a workspace for runs of up to `capacity` pages, outside of which no page work crosses the border. */
  openRun(pageSize: number, capacity: number): PageRun;
}

/**
 * A workspace: fill the inputs in place, call one verb, read the outputs in place. The views stay valid for the life of
 * the workspace and their content until the next call.
 */
export interface PageRun {
  readonly pageSize: number;
  /** The most pages a run may have. */
  readonly capacity: number;
  /** `capacity` pages, one after the other. */
  readonly pages: Uint8Array;
  readonly pgnos: Uint32Array;
  /** Page checksums: CRC-64 of big-endian u32 pgno and page, bit 63 set. */
  readonly checksums: BigUint64Array;
  /** Room for `capacity` LTX page frames of any content: u32 pgno, u16 flags, u32 compressed size, LZ4 block. */
  readonly frames: Uint8Array;
  /** The size of each encoded or decoded frame with its 10-byte header. */
  readonly frameSizes: Uint32Array;
  /** The same workspace for another thread. */
  readonly share: RunShare;

  /** `pages`, `pgnos` -> `checksums`. */
  checksum(pageCount: number): void;

  /**
   * `pages`, `pgnos` -> `frames`, `frameSizes`, `checksums`. The register takes what an LTX file's checksum takes of a page
   * frame: the 6-byte page header, the 4-byte size and the uncompressed page.
   */
  encode(pageCount: number, register: bigint): EncodedRun;

  /**
   * The whole frames at the start of `frames` -> `pages`, `pgnos`, `frameSizes`, `checksums`; the register as in `encode`.
   * Every block must give exactly one page. Throws KernelError on a frame that is cut short, has unknown flags or a wrong
   * size, and when there are more than `capacity`.
   */
  decode(frameBytes: number, register: bigint): DecodedRun;
}

/** Threads beside the caller's. They are given workspaces and nothing else: no paths, no descriptors. */
export interface KernelThreads {
  /** Smaller work is done before a thread would have started. */
  readonly leastBytes: number;
  /** A workspace of a thread that has room for work; undefined while there is none. */
  borrow(pageSize: number, capacity: number): ThreadRun | undefined;
}

/** A workspace whose verbs run on a thread; nobody may touch it while one is under way. */
export interface ThreadRun {
  readonly run: PageRun;
  /** `run.encode`, or undefined when the thread could not: the inputs are as they were, the caller can do it in place. */
  encode(pageCount: number, register: bigint): Promise<EncodedRun | undefined>;
  /** `run.decode`, or undefined likewise, also for frames that are wrong. */
  decode(frameBytes: number, register: bigint): Promise<DecodedRun | undefined>;
  giveBack(): void;
}
