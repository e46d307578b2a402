import type { FileHandle } from 'node:fs/promises';
import type { ByteRange, ByteReader } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { fileError } from './file-error.ts';

/** Reads a range of an open file, as much at a time as the target takes. Owns the handle. */
export class FileReader implements ByteReader {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;
  #position: number;
  #leftBytes: number;
  #closed = false;

  constructor(path: string, handle: FileHandle, range: ByteRange, signal: AbortSignal | undefined) {
    this.#path = path;
    this.#handle = handle;
    this.#signal = signal;
    this.#position = range.offset;
    this.#leftBytes = range.length ?? Number.POSITIVE_INFINITY;
  }

  async read(target: Uint8Array): Promise<number> {
    const wanted = Math.min(target.byteLength, this.#leftBytes);
    let doneBytes = 0;
    while (doneBytes < wanted) {
      const bytes = await this.#readSome(target, doneBytes, wanted - doneBytes);
      if (bytes === 0) break;
      doneBytes += bytes;
      this.#position += bytes;
      this.#leftBytes -= bytes;
    }
    return doneBytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }

  async #readSome(target: Uint8Array, offset: number, length: number): Promise<number> {
    this.#signal?.throwIfAborted();
    if (this.#closed) throw new ReplicaError('closed', `Cannot read ${this.#path}: its reader is closed`);
    try {
      return (await this.#handle.read(target, offset, length, this.#position)).bytesRead;
    } catch (error) {
      throw fileError('read', this.#path, error);
    }
  }
}
