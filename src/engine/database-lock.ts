import { realpath } from 'node:fs/promises';
import { systemClock } from '../runtime/clock.ts';
import { makeDirectory } from '../runtime/durable-directory.ts';
import type { Logger } from '../runtime/logger.ts';
import { pathExists } from '../runtime/path-exists.ts';
import { type LockFile, LockFiles } from '../sqlite/lock-file.ts';
import { EngineError } from './engine-error.ts';
import { describeLockOwner, removeLockOwner, writeLockOwner } from './lock-owner.ts';
import { MetaDirectory } from './meta/meta-directory.ts';
import { RunningLitestreams } from './running-litestreams.ts';

export interface DatabaseLockOptions {
  readonly databasePath: string;
  /**
   * The meta directory, which is made when it is missing; then others where local state of the same database may lie, which
   * are locked when they exist: the default one when another was configured.
   */
  readonly metaPaths: readonly string[];
}

export interface DatabaseLockServices {
  readonly logger: Logger;
  /** Shared by whoever locks many databases. */
  readonly litestreams?: RunningLitestreams | undefined;
  readonly lockFiles?: LockFiles | undefined;
}

interface HeldLock {
  readonly meta: MetaDirectory;
  readonly file: LockFile;
}

/** Keeps a second process from replicating a database. The kernel releases it when this process ends, however it ends. */
export class DatabaseLock {
  readonly #held: HeldLock[];
  #released: Promise<void> | undefined;

  private constructor(held: HeldLock[]) {
    this.#held = held;
  }

  /** Throws EngineError `in-use` naming the holder, with nothing left locked; LiveError when a lock file cannot be used. */
  static async acquire(options: DatabaseLockOptions, services: DatabaseLockServices): Promise<DatabaseLock> {
    const { logger, litestreams = new RunningLitestreams({ clock: systemClock }) } = services;
    const { lockFiles = new LockFiles() } = services;
    const lock = new DatabaseLock([]);
    try {
      for (const path of await existing(options.metaPaths))
        await lock.#take(options.databasePath, new MetaDirectory(path), { logger, lockFiles });
      const pid = await litestreams.holderOf(options.databasePath);
      if (pid !== undefined) throw inUse(options.databasePath, `Litestream replicates it as process ${pid}`);
    } catch (error) {
      await lock.release();
      throw error;
    }
    logger.debug('database locked', { db: options.databasePath, locks: lock.#held.map(({ file }) => file.path) });
    return lock;
  }

  /** Idempotent. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #take(
    databasePath: string,
    meta: MetaDirectory,
    { logger, lockFiles }: { logger: Logger; lockFiles: LockFiles },
  ): Promise<void> {
    const file = lockFiles.acquire(meta.lockPath);
    if (file === undefined) throw inUse(databasePath, `${await describeLockOwner(meta)} holds ${meta.lockPath}`);
    this.#held.push({ meta, file });
    try {
      await writeLockOwner(meta);
    } catch (error) {
      // A full disk is no reason to stand still.
      logger.debug('lock owner not written', { db: databasePath, path: meta.lockOwnerPath, error });
    }
  }

  /** The owner's name goes first: once the lock is free it may be another's. */
  async #release(): Promise<void> {
    for (const { meta, file } of this.#held.reverse()) {
      await removeLockOwner(meta).catch(() => {}); // a stale name is seen through: the kernel is asked first
      file.release();
    }
  }
}

/** The directories to lock, each once, however many names lead to it. */
async function existing([own, ...others]: readonly string[]): Promise<Set<string>> {
  const paths = new Set<string>();
  if (own === undefined) return paths;
  await makeDirectory(own);
  paths.add(await realpath(own));
  for (const path of others) if (await pathExists(path)) paths.add(await realpath(path));
  return paths;
}

function inUse(databasePath: string, state: string): EngineError {
  return new EngineError('in-use', `Cannot replicate database ${databasePath}: ${state}`, {
    hint: 'stop that process first; the lock ends with it, and nothing needs to be removed by hand',
  });
}
