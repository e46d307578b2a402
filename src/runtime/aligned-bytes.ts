import { webAssembly } from './web-assembly.ts';

/** What addresses, positions and lengths of direct writes are multiples of: the largest block that disks have. */
export const blockBytes = 4096;
const memoryPageBytes = 65536;

const alignedBuffers = new WeakSet<ArrayBufferLike>();

/** Room for bytes that begins at a multiple of `blockBytes` in memory, which no other kind of buffer promises. */
export function alignedBytes(sizeBytes: number): Uint8Array {
  const pageCount = Math.ceil(sizeBytes / memoryPageBytes);
  const { buffer } = new webAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
  alignedBuffers.add(buffer);
  return new Uint8Array(buffer, 0, sizeBytes);
}

/** Whether bytes lie in blocks of their own, in memory and, at `position`, in a file. */
export function fillBlocks(bytes: Uint8Array, position: number): boolean {
  if ((bytes.byteOffset | bytes.byteLength | position) % blockBytes !== 0) return false;
  return bytes.byteLength > 0 && alignedBuffers.has(bytes.buffer);
}
