import type { FileCalls } from '../../runtime/file-calls.ts';
import type { ByteRange, ByteReader } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { fileError } from './file-error.ts';

export interface FileSource {
  readonly path: string;
  readonly descriptor: number;
  readonly calls: FileCalls;
}

/** Reads a range of an open file, as much at a time as the target takes. Owns the descriptor. */
export class FileReader implements ByteReader {
  readonly #source: FileSource;
  readonly #signal: AbortSignal | undefined;
  #position: number;
  #leftBytes: number;
  #reading: Promise<number> | number = 0;
  #closed = false;

  constructor(source: FileSource, range: ByteRange, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
    this.#position = range.offset;
    this.#leftBytes = range.length ?? Number.POSITIVE_INFINITY;
  }

  async read(target: Uint8Array): Promise<number> {
    const wanted = Math.min(target.byteLength, this.#leftBytes);
    let doneBytes = 0;
    while (doneBytes < wanted) {
      const bytes = await this.#readSome(target.subarray(doneBytes, wanted));
      if (bytes === 0) break;
      doneBytes += bytes;
      this.#position += bytes;
      this.#leftBytes -= bytes;
    }
    return doneBytes;
  }

  /** Another file could get the descriptor's number: what is being read is waited for. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.resolve(this.#reading).catch(() => {});
    await this.#source.calls.close(this.#source.descriptor);
  }

  async #readSome(target: Uint8Array): Promise<number> {
    const { path, descriptor, calls } = this.#source;
    this.#signal?.throwIfAborted();
    if (this.#closed) throw new ReplicaError('closed', `Cannot read ${path}: its reader is closed`);
    try {
      this.#reading = calls.read(descriptor, target, this.#position);
      return await this.#reading;
    } catch (error) {
      throw fileError('read', path, error);
    }
  }
}
