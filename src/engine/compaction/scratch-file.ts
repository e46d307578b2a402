import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CollectedBytes } from '../../runtime/collected-bytes.ts';
import { makeDirectory } from '../../runtime/durable-directory.ts';

const chunkBytes = 1 << 20;
/** So much is kept in memory: most merges of most databases never need a file. */
const memoryBytes = 1 << 18;

/** A file without a name: nothing of it is left when it is closed or the process ends, in whatever way. Small ones are in memory. */
export class ScratchFile {
  readonly #directory: string;
  #memory: CollectedBytes | undefined = new CollectedBytes(memoryBytes);
  #handle: Promise<FileHandle> | undefined;
  #endBytes = 0;

  /** Nothing is made in `directory`, nor the directory, before there is a need. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Sets bytes aside at the end and returns where they begin. */
  reserve(sizeBytes: number): number {
    const start = this.#endBytes;
    this.#endBytes += sizeBytes;
    return start;
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#memory?.put(bytes, position)) return;
    await writeAll(await this.#file(), bytes, position);
  }

  async readAt(target: Uint8Array, position: number): Promise<void> {
    const source = this.#memory?.content ?? (await this.#file());
    for (let done = 0; done < target.length; ) {
      const count = await readSome(source, target.subarray(done), position + done);
      if (count === 0) throw new RangeError(`Cannot read scratch file: nothing at byte ${position + done}`);
      done += count;
    }
  }

  /** The first `sizeBytes` in order. A chunk is valid until the next one is asked for. */
  async *chunks(sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#memory !== undefined) {
      yield this.#memory.content.subarray(0, sizeBytes);
      return;
    }
    const buffer = new Uint8Array(Math.min(chunkBytes, sizeBytes));
    for (let at = 0; at < sizeBytes; at += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, sizeBytes - at));
      await this.readAt(chunk, at);
      yield chunk;
    }
  }

  async close(): Promise<void> {
    const handle = await this.#handle?.catch(() => undefined);
    await handle?.close();
  }

  /** Goes over to a file, once, whoever is first. */
  #file(): Promise<FileHandle> {
    this.#handle ??= openUnnamed(this.#directory, this.#memory?.content ?? new Uint8Array(0));
    this.#memory = undefined;
    return this.#handle;
  }
}

async function openUnnamed(directory: string, content: Uint8Array): Promise<FileHandle> {
  await makeDirectory(directory);
  const path = join(directory, `${randomBytes(8).toString('hex')}.tmp`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    await writeAll(handle, content, 0);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function readSome(source: Uint8Array | FileHandle, target: Uint8Array, position: number): Promise<number> {
  if (!(source instanceof Uint8Array)) return (await source.read(target, 0, target.length, position)).bytesRead;
  const bytes = source.subarray(position, position + target.length);
  target.set(bytes);
  return bytes.length;
}
