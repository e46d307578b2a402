import { readdir, rm, stat } from 'node:fs/promises';
import type { FileCalls } from '../../runtime/file-calls.ts';
import type { Logger } from '../../runtime/logger.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';

const temporaryName = /\.(ltx|json)\.[0-9a-f]{16}\.tmp(\.d)?$/;

/** The name under which one attempt at a file collects its bytes. `attempt` is 16 hexadecimal digits, new each time. */
export function temporaryPathOf(path: string, attempt: string): string {
  return `${path}.${attempt}.tmp`;
}

/**
 * Removes what killed writers left in a directory. A leftover is old when nothing has touched it for `ageMs`, by change
 * times (the modification time is the header's) and against the change time of a file just written there, so that the
 * machine that keeps the files is the only clock. A writer that stood still for so long only fails and is retried.
 */
export class Leftovers {
  readonly #ageMs: number;
  readonly #logger: Logger;
  /** On this process's clock. */
  readonly #sweptAtMs = new Map<string, number>();
  readonly #live = new Set<string>();

  constructor(ageMs: number, logger: Logger) {
    this.#ageMs = ageMs;
    this.#logger = logger;
  }

  /** Keeps a temporary file of this process, whatever its age, while `write` runs. */
  async keeping<T>(temporaryPath: string, write: () => Promise<T>): Promise<T> {
    this.#live.add(temporaryPath);
    try {
      return await write();
    } finally {
      this.#live.delete(temporaryPath);
    }
  }

  /** To be called after each write: looks through the directory at most once per `ageMs`. Failures lose nothing. */
  async sweep(directory: string, writtenPath: string, calls: FileCalls): Promise<void> {
    const atMs = performance.now();
    if (atMs - (this.#sweptAtMs.get(directory) ?? Number.NEGATIVE_INFINITY) < this.#ageMs) return;
    this.#sweptAtMs.set(directory, atMs);
    try {
      const { changedAtMs: nowMs } = await calls.stats(writtenPath);
      for (const name of await readdir(directory)) {
        if (temporaryName.test(name)) await this.#removeOld(`${directory}/${name}`, nowMs);
      }
    } catch (error) {
      this.#logger.debug('Leftover temporary files stay', { directory, error });
    }
  }

  async #removeOld(path: string, nowMs: number): Promise<void> {
    const ctimeMs = await changedAtMs(path);
    if (ctimeMs === undefined || nowMs - ctimeMs < this.#ageMs || this.#live.has(path.replace(/\.d$/, ''))) return;
    await rm(path, { recursive: true, force: true });
    this.#logger.info('Removed what a killed writer left', { path });
  }
}

/** Undefined when its writer has finished meanwhile. */
async function changedAtMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ctimeMs;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
