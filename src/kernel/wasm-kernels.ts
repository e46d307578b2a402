import { readFileSync } from 'node:fs';
import { type WasmModule, webAssembly } from '../runtime/web-assembly.ts';
import { KernelError } from './kernel-error.ts';
import type { KernelInstance } from './kernel-exports.ts';
import { instantiateKernels, newKernelMemory } from './kernel-exports.ts';
import type { Kernels, KernelThreads, PageRun, VerifiedFrames, WalByteOrder, WalChecksum } from './kernels.ts';
import {
  compressedLimit,
  requireBlock,
  requirePageSize,
  requireSalts,
  requireWordPairs,
  walFrameHeaderBytes,
} from './limits.ts';
import { hashTableBitsFor } from './run-layout.ts';
import { ThreadPool } from './threads/thread-pool.ts';
import { openWasmPageRun } from './wasm-page-run.ts';

/** The scratch memory of the calls that take bytes: sums, hash table, then two areas that hold any block. */
const sumsAddress = 1024;
const tableAddress = 2048;
const sourceAddress = 32768;
const areaBytes = 262_144;
const targetAddress = sourceAddress + areaBytes + 64;
const scratchPageCount = Math.ceil((targetAddress + areaBytes + 64) / 65536);

/** Loads the WASM build that stands beside this file. `threadCount` threads may take bulk work off the caller's. */
export function loadWasmKernels(threadCount: number): Kernels {
  const url = new URL('./kernels.wasm', import.meta.url);
  let module: WasmModule;
  try {
    module = new webAssembly.Module(readFileSync(url));
  } catch (cause) {
    throw new KernelError('wasm-missing', `Cannot load the kernels: ${url.pathname} is missing or damaged`, {
      cause,
      hint: 'Run `npm run build`',
    });
  }
  return new WasmKernels(module, instantiateKernels(module, newKernelMemory(scratchPageCount)), threadCount);
}

class WasmKernels implements Kernels {
  readonly kind = 'wasm';
  readonly threads: KernelThreads | undefined;
  readonly #module: WasmModule;
  readonly #scratch: KernelInstance;
  readonly #bytes: Uint8Array;
  readonly #sums: BigUint64Array;

  constructor(module: WasmModule, scratch: KernelInstance, threadCount: number) {
    const openRun = (pageSize: number, capacity: number): PageRun => this.openRun(pageSize, capacity);
    this.threads = threadCount > 0 ? new ThreadPool({ threadCount, openRun }) : undefined;
    this.#module = module;
    this.#scratch = scratch;
    this.#bytes = new Uint8Array(scratch.memory.buffer);
    this.#sums = new BigUint64Array(scratch.memory.buffer, sumsAddress, 1);
  }

  crc64(register: bigint, bytes: Uint8Array): bigint {
    let running = register;
    for (let at = 0; at < bytes.length; at += areaBytes) {
      const chunk = bytes.subarray(at, at + areaBytes);
      this.#bytes.set(chunk, sourceAddress);
      running = this.#scratch.exports.crc64(running, sourceAddress, chunk.length);
    }
    return BigInt.asUintN(64, running);
  }

  walChecksum(checksum: WalChecksum, bytes: Uint8Array, order: WalByteOrder): WalChecksum {
    requireWordPairs(bytes.length);
    let sums = packSums(checksum);
    for (let at = 0; at < bytes.length; at += areaBytes) {
      const chunk = bytes.subarray(at, at + areaBytes);
      this.#bytes.set(chunk, sourceAddress);
      sums = this.#scratch.exports.walChecksum(sums, sourceAddress, chunk.length, order === 'big');
    }
    return unpackSums(sums);
  }

  verifyFrames(
    frames: Uint8Array,
    pageSize: number,
    salts: Uint8Array,
    checksum: WalChecksum,
    order: WalByteOrder,
  ): VerifiedFrames {
    requirePageSize(pageSize);
    requireSalts(salts);
    const frameSize = walFrameHeaderBytes + pageSize;
    const saltWord = new DataView(salts.buffer, salts.byteOffset, 8).getBigUint64(0, true);
    const count = Math.floor(frames.length / frameSize);
    const chunkCount = Math.floor(areaBytes / frameSize);
    this.#sums[0] = packSums(checksum);
    let valid = 0;
    while (valid < count) {
      const expected = Math.min(chunkCount, count - valid);
      this.#bytes.set(frames.subarray(valid * frameSize, (valid + expected) * frameSize), sourceAddress);
      const { exports } = this.#scratch;
      const found = exports.verifyFrames(sourceAddress, expected, pageSize, saltWord, sumsAddress, order === 'big');
      valid += found;
      if (found < expected) break;
    }
    return { frames: valid, checksum: unpackSums(this.#sums[0]!) };
  }

  compressBlock(source: Uint8Array, target: Uint8Array): number {
    requireBlock(source.length);
    this.#bytes.set(source, sourceAddress);
    const { exports } = this.#scratch;
    const tableBits = hashTableBitsFor(source.length);
    const size = exports.compressBlock(sourceAddress, source.length, targetAddress, tableAddress, tableBits);
    if (size > target.length) return 0;
    target.set(this.#bytes.subarray(targetAddress, targetAddress + size));
    return size;
  }

  decompressBlock(source: Uint8Array, target: Uint8Array): number {
    requireBlock(target.length);
    if (source.length > compressedLimit(target.length)) throw invalidBlock();
    this.#bytes.set(source, sourceAddress);
    const { exports } = this.#scratch;
    const size = exports.decompressBlock(sourceAddress, source.length, targetAddress, target.length);
    if (size < 0) throw invalidBlock();
    target.set(this.#bytes.subarray(targetAddress, targetAddress + size));
    return size;
  }

  openRun(pageSize: number, capacity: number): PageRun {
    return openWasmPageRun(this.#module, pageSize, capacity);
  }
}

function packSums({ s1, s2 }: WalChecksum): bigint {
  return (BigInt(s2 >>> 0) << 32n) | BigInt(s1 >>> 0);
}

function unpackSums(sums: bigint): WalChecksum {
  return { s1: Number(sums & 0xffff_ffffn), s2: Number((sums >> 32n) & 0xffff_ffffn) };
}

function invalidBlock(): KernelError {
  return new KernelError('block-invalid', 'Cannot decompress an LZ4 block: it is damaged or does not fit its target');
}
