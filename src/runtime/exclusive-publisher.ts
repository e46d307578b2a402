import { mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type FileCalls, promptCalls } from './file-calls.ts';
import { pathExists } from './path-exists.ts';
import type { CreateOutcome, Publisher } from './publisher.ts';
import { removeIfThere } from './remove-if-there.ts';
import { systemErrorCode } from './typed-error.ts';

export interface ExclusivePublisherOptions {
  /** Default: link(2). Tests hand in one that fails as a file system without hard links does. */
  readonly link?: ((existingPath: string, newPath: string) => Promise<void>) | undefined;
  /** Called once, when a file system turns out to have no hard links. */
  readonly onWithoutLinks?: ((path: string, cause: unknown) => void) | undefined;
}

const noLinkCodes: ReadonlySet<string> = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK']);

/**
 * Gives finished files their final names, never replacing one: by link(2), or by claims where there are no hard links.
 * The choice is made once, so one publisher serves one file system.
 */
export class ExclusivePublisher implements Publisher {
  readonly #link: ExclusivePublisherOptions['link'];
  readonly #onWithoutLinks: ((path: string, cause: unknown) => void) | undefined;
  #withoutLinks = false;

  constructor(options: ExclusivePublisherOptions = {}) {
    this.#link = options.link;
    this.#onWithoutLinks = options.onWithoutLinks;
  }

  /** Moves `temporaryPath` to `path` unless that exists. After an error the temporary file may be there or not. */
  async publish(temporaryPath: string, path: string, calls: FileCalls = promptCalls): Promise<CreateOutcome> {
    if (this.#withoutLinks) return publishByClaim(temporaryPath, path);
    try {
      await (this.#link ?? calls.link)(temporaryPath, path);
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (code !== 'EEXIST' && !noLinkCodes.has(code)) throw error;
      if (code !== 'EEXIST') return this.#firstClaim(temporaryPath, path, error);
      await removeIfThere(temporaryPath, calls);
      return 'exists';
    }
    await removeIfThere(temporaryPath, calls);
    return 'created';
  }

  /** EPERM has other reasons too: only a claim that works shows that links alone are missing. */
  async #firstClaim(temporaryPath: string, path: string, cause: unknown): Promise<CreateOutcome> {
    const outcome = await publishByClaim(temporaryPath, path);
    if (!this.#withoutLinks) {
      this.#withoutLinks = true;
      this.#onWithoutLinks?.(path, cause);
    }
    return outcome;
  }
}

/** The directory through which a file gets its name where there are no hard links. */
export function claimPath(path: string): string {
  return `${path}.claim`;
}

/** Where a file waits before it becomes the claim; seen only after a kill. */
export function stagePath(temporaryPath: string): string {
  return `${temporaryPath}.d`;
}

/**
 * rename(2) replaces a file but not a directory with something in it. So the finished file is put into a directory of
 * its own, and that directory is renamed to the claim: one writer succeeds, atomically. Whoever meets a claim completes
 * it (`settleClaim`), so a writer killed or paused anywhere blocks nobody, and no waiting time decides anything.
 * The entry carries a name that no other attempt has, so a late move of it cannot move somebody else's file.
 */
async function publishByClaim(temporaryPath: string, path: string): Promise<CreateOutcome> {
  const claim = claimPath(path);
  const stage = stagePath(temporaryPath);
  const entry = basename(temporaryPath);
  await mkdir(stage, { mode: 0o700 });
  try {
    await rename(temporaryPath, `${stage}/${entry}`);
    do {
      if (await pathExists(path)) return 'exists';
    } while (!(await claimed(stage, claim, path)));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  const ended = (await pathExists(path)) ? await drop(`${claim}/${entry}`) : await move(`${claim}/${entry}`, path);
  await removeEmpty(claim);
  if (ended !== undefined) return ended;
  if (!(await pathExists(temporaryPath))) return 'created';
  await rm(temporaryPath, { force: true });
  return 'exists';
}

async function claimed(stage: string, claim: string, path: string): Promise<boolean> {
  try {
    await rename(stage, claim);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
  await settleClaim(claim, path);
  return false;
}

/**
 * Completes another writer's claim. Where the name is taken already, the entry goes back to its temporary name: by that
 * its writer can tell what became of it.
 */
async function settleClaim(claim: string, path: string): Promise<void> {
  for (const entry of await entriesOf(claim)) {
    const to = (await pathExists(path)) ? `${dirname(path)}/${entry}` : path;
    await move(`${claim}/${entry}`, to);
  }
  await removeEmpty(claim);
}

/** Undefined when the entry was moved by somebody else. */
async function move(entryPath: string, to: string): Promise<'created' | undefined> {
  return (await ignoring(rename(entryPath, to), 'ENOENT')) ? 'created' : undefined;
}

/** Undefined when the entry was moved by somebody else. */
async function drop(entryPath: string): Promise<'exists' | undefined> {
  return (await ignoring(unlink(entryPath), 'ENOENT')) ? 'exists' : undefined;
}

async function removeEmpty(directory: string): Promise<void> {
  await ignoring(rmdir(directory), 'ENOENT', 'ENOTEMPTY', 'EEXIST');
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Whether a step was done; false when it failed with one of the codes. */
async function ignoring(step: Promise<void>, ...codes: readonly string[]): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (codes.includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
