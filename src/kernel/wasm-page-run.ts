import type { WasmModule } from '../runtime/web-assembly.ts';
import { KernelError } from './kernel-error.ts';
import type { KernelExports, KernelInstance } from './kernel-exports.ts';
import { instantiateKernels, newKernelMemory } from './kernel-exports.ts';
import type { DecodedRun, EncodedRun, PageRun } from './kernels.ts';
import { hashedBytesOf, requireCapacity, requireFrameBytes, requirePageCount } from './limits.ts';
import { failedFrameAddress, layoutRun, type RunLayout, runAddress, writeRun } from './run-layout.ts';
import type { WasmRunShare } from './run-share.ts';

/** Makes a page run in an instance and a memory of its own. */
export function openWasmPageRun(module: WasmModule, pageSize: number, capacity: number): PageRun {
  requireCapacity(pageSize, capacity);
  const layout = layoutRun(pageSize, capacity);
  const memory = newKernelMemory(layout.memoryPageCount);
  const instance = instantiateKernels(module, memory);
  writeRun(memory.buffer, layout, pageSize, capacity);
  instance.exports.prepareMove(layout.moveTables, pageSize);
  return new WasmPageRun(instance, layout, { kind: 'wasm', module, memory, pageSize, capacity });
}

/** The same run in an instance of this thread. */
export function attachWasmPageRun(share: WasmRunShare): PageRun {
  const instance = instantiateKernels(share.module, share.memory);
  return new WasmPageRun(instance, layoutRun(share.pageSize, share.capacity), share);
}

class WasmPageRun implements PageRun {
  readonly pageSize: number;
  readonly capacity: number;
  readonly pages: Uint8Array;
  readonly pgnos: Uint32Array;
  readonly checksums: BigUint64Array;
  readonly frames: Uint8Array;
  readonly frameSizes: Uint32Array;
  readonly share: WasmRunShare;
  readonly #exports: KernelExports;
  readonly #register: BigUint64Array;
  readonly #failedFrame: Uint32Array;

  constructor({ exports }: KernelInstance, layout: RunLayout, share: WasmRunShare) {
    const { pageSize, capacity } = share;
    const { buffer: memory } = share.memory;
    this.share = share;
    this.pageSize = pageSize;
    this.capacity = capacity;
    this.pages = new Uint8Array(memory, layout.pages, capacity * pageSize);
    this.pgnos = new Uint32Array(memory, layout.pgnos, capacity);
    this.checksums = new BigUint64Array(memory, layout.checksums, capacity);
    this.frames = new Uint8Array(memory, layout.frames, layout.framesBytes);
    this.frameSizes = new Uint32Array(memory, layout.frameSizes, capacity);
    this.#exports = exports;
    this.#register = new BigUint64Array(memory, runAddress, 1);
    this.#failedFrame = new Uint32Array(memory, failedFrameAddress, 1);
  }

  checksum(pageCount: number): void {
    requirePageCount(pageCount, this.capacity);
    this.#exports.checksumPages(runAddress, pageCount);
  }

  encode(pageCount: number, register: bigint): EncodedRun {
    requirePageCount(pageCount, this.capacity);
    this.#register[0] = register;
    const frameBytes = this.#exports.encodePages(runAddress, pageCount) >>> 0;
    return { frameBytes, register: this.#register[0]! };
  }

  decode(frameBytes: number, register: bigint): DecodedRun {
    requireFrameBytes(frameBytes, this.frames.length);
    this.#register[0] = register;
    const pageCount = this.#exports.decodePages(runAddress, frameBytes);
    if (pageCount < 0) throw this.#decodeError(pageCount);
    return { pageCount, register: this.#register[0]!, hashedBytes: hashedBytesOf(pageCount, this.pageSize) };
  }

  #decodeError(code: number): KernelError {
    if (code === -1) {
      return new KernelError('run-too-long', `Cannot decode page frames: there are more than ${this.capacity}`);
    }
    const frame = `Cannot decode page frame ${this.#failedFrame[0]}`;
    const state = frameErrors.get(code);
    if (state !== undefined) return new KernelError('frame-invalid', `${frame}: ${state}`);
    return new KernelError('block-invalid', `${frame}: its block does not give one page`);
  }
}

/** What `decodePages` returns for a frame that is wrong by its header. */
const frameErrors: ReadonlyMap<number, string> = new Map([
  [-2, 'its header is cut short'],
  [-3, 'its page number is 0'],
  [-4, 'its flags are unknown'],
  [-5, 'its block is cut short'],
]);
