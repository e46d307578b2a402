import { alignedBytes } from './aligned-bytes.ts';

/** A file, or anything with positions. */
export interface WriteTarget {
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
}

const mostBufferBytes = 1 << 21;
const bufferCount = 4;

/** Bytes waiting to be written, in pieces that follow each other in the target. */
interface FillingBuffer {
  readonly bytes: Uint8Array;
  usedBytes: number;
  readonly pieces: { readonly start: number; readonly position: number; length: number }[];
}

/** Gathers bytes into large writes that go on in the background; a bounded number of them at a time. */
export class BackgroundWriter {
  readonly #target: WriteTarget;
  readonly #bufferBytes: number;
  readonly #idle: FillingBuffer[] = [];
  #bufferCount = 0;
  readonly #writing = new Set<Promise<void>>();
  #filling: FillingBuffer | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `expectedBytes`: how many will be written at most, so that a few bytes take a small buffer. */
  constructor(target: WriteTarget, expectedBytes: number) {
    this.#target = target;
    this.#bufferBytes = Math.min(mostBufferBytes, Math.max(1, expectedBytes));
  }

  /** Resolves when `bytes` may be used again. Several calls may be under way. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const buffer = this.#withRoom() ?? (await this.#waitForRoom());
      done += append(buffer, bytes.subarray(done), position + done);
    }
  }

  /** Resolves when everything is written. */
  async finish(): Promise<void> {
    if (this.#filling !== undefined) this.#flush(this.#filling);
    await this.settled();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when nothing is being written any more, whether it went well or not. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #withRoom(): FillingBuffer | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#filling?.usedBytes === this.#bufferBytes) this.#flush(this.#filling);
    this.#filling ??= this.#idle.pop() ?? this.#newBuffer();
    return this.#filling;
  }

  #newBuffer(): FillingBuffer | undefined {
    if (this.#bufferCount === bufferCount) return undefined;
    this.#bufferCount++;
    // Large ones may be written to a disk as they are.
    const isLarge = this.#bufferBytes === mostBufferBytes;
    const bytes = isLarge ? alignedBytes(mostBufferBytes) : new Uint8Array(this.#bufferBytes);
    return { bytes, usedBytes: 0, pieces: [] };
  }

  async #waitForRoom(): Promise<FillingBuffer> {
    for (;;) {
      await Promise.race(this.#writing);
      const buffer = this.#withRoom();
      if (buffer !== undefined) return buffer;
    }
  }

  #flush(buffer: FillingBuffer): void {
    this.#filling = undefined;
    const writing = this.#writeOut(buffer)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #writeOut(buffer: FillingBuffer): Promise<void> {
    for (const { start, position, length } of buffer.pieces) {
      await this.#target.writeAt(buffer.bytes.subarray(start, start + length), position);
    }
    buffer.usedBytes = 0;
    buffer.pieces.length = 0;
    this.#idle.push(buffer);
  }
}

/** Copies as much as there is room for and returns how much that was. */
function append(buffer: FillingBuffer, bytes: Uint8Array, position: number): number {
  const length = Math.min(bytes.length, buffer.bytes.length - buffer.usedBytes);
  buffer.bytes.set(bytes.subarray(0, length), buffer.usedBytes);
  const last = buffer.pieces.at(-1);
  if (last !== undefined && last.position + last.length === position) last.length += length;
  else buffer.pieces.push({ start: buffer.usedBytes, position, length });
  buffer.usedBytes += length;
  return length;
}
