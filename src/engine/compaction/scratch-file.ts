import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../runtime/durable-directory.ts';

const chunkBytes = 1 << 20;

/** A file without a name: nothing of it is left when it is closed or the process ends, in whatever way. */
export class ScratchFile {
  readonly #handle: FileHandle;
  #endBytes = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(directory: string): Promise<ScratchFile> {
    await makeDirectory(directory);
    const path = join(directory, `${randomBytes(8).toString('hex')}.tmp`);
    const handle = await open(path, 'wx+', 0o600);
    await rm(path);
    return new ScratchFile(handle);
  }

  /** Sets bytes aside at the end and returns where they begin. */
  reserve(sizeBytes: number): number {
    const start = this.#endBytes;
    this.#endBytes += sizeBytes;
    return start;
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  async readAt(target: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < target.length; ) {
      const { bytesRead } = await this.#handle.read(target, done, target.length - done, position + done);
      if (bytesRead === 0) throw new RangeError(`Cannot read scratch file: nothing at byte ${position + done}`);
      done += bytesRead;
    }
  }

  /** The first `sizeBytes` in order. A chunk is valid until the next one is asked for. */
  async *chunks(sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(Math.min(chunkBytes, sizeBytes));
    for (let at = 0; at < sizeBytes; at += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, sizeBytes - at));
      await this.readAt(chunk, at);
      yield chunk;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
