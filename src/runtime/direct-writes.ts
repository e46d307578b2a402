import { constants } from 'node:fs';
import { fillBlocks } from './aligned-bytes.ts';
import type { FileCalls } from './file-calls.ts';
import { systemErrorCode } from './typed-error.ts';

/** `O_DIRECT`: undefined where the system has none. */
const directFlag = constants.O_DIRECT as number | undefined;
/** What file systems say that have no direct writes, or other blocks. */
const refusals: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * Writes to the disk past the page cache: for large files that nobody reads soon. What others have in the cache stays there,
 * and no memory has to be found for what is written. Where a file system has no such writes everything goes through the cache.
 */
export class DirectWrites {
  readonly #path: string;
  readonly #calls: FileCalls;
  #descriptor: Promise<number | undefined> | undefined;
  #isRefused = directFlag === undefined;

  /** The file under `path` exists. */
  constructor(path: string, calls: FileCalls) {
    this.#path = path;
    this.#calls = calls;
  }

  /** Writes what can be written directly; returns how many bytes that were, from the first on. Several calls may be under way. */
  async write(bytes: Uint8Array, position: number): Promise<number> {
    if (this.#isRefused || !fillBlocks(bytes, position)) return 0;
    this.#descriptor ??= this.#unlessRefused(() => this.#calls.open(this.#path, constants.O_WRONLY | directFlag!));
    const descriptor = await this.#descriptor;
    if (descriptor === undefined) return 0;
    return (await this.#unlessRefused(() => this.#calls.writeSome(descriptor, bytes, position))) ?? 0;
  }

  /** To be called when no write is under way. */
  async close(): Promise<void> {
    const descriptor = await this.#descriptor?.catch(() => undefined);
    this.#descriptor = undefined;
    this.#isRefused = true;
    if (descriptor !== undefined) await this.#calls.close(descriptor);
  }

  async #unlessRefused<T>(call: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (!refusals.has(systemErrorCode(error))) throw error;
      this.#isRefused = true;
      return undefined;
    }
  }
}
