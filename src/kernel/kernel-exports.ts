import { type WasmMemory, type WasmModule, webAssembly } from '../runtime/web-assembly.ts';

/** What the WASM build exports; addresses and sizes are plain numbers, 64-bit values signed bigints. */
export interface KernelExports {
  crc64(register: bigint, from: number, length: number): bigint;
  prepareMove(tables: number, byteCount: number): void;
  walChecksum(sums: bigint, from: number, length: number, bigEndian: boolean): bigint;
  verifyFrames(
    frames: number,
    count: number,
    pageSize: number,
    salts: bigint,
    sums: number,
    bigEndian: boolean,
  ): number;
  compressBlock(source: number, length: number, target: number, table: number, tableBits: number): number;
  decompressBlock(source: number, length: number, target: number, room: number): number;
  checksumPages(run: number, count: number): void;
  encodePages(run: number, count: number): number;
  decodePages(run: number, frameBytes: number): number;
}

/** An instance and its memory, which never grows: views of it stay valid. */
export interface KernelInstance {
  readonly exports: KernelExports;
  readonly memory: WasmMemory;
}

export function newKernelMemory(pageCount: number): WasmMemory {
  return new webAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
}

export function instantiateKernels(module: WasmModule, memory: WasmMemory): KernelInstance {
  const instance = new webAssembly.Instance(module, { env: { memory } });
  return { exports: instance.exports as unknown as KernelExports, memory };
}
