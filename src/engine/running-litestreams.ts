import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { type FileIdentity, identifyFile, sameFile } from '../sqlite/file-identity.ts';

/** How long a look at all processes holds for the next databases of a fleet. */
const freshMs = 1_000;

/**
 * The processes of Litestream on this machine. Best effort: Linux, the same pid namespace, and processes whose descriptors
 * this user may look at.
 */
export class RunningLitestreams {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #pids: Promise<readonly string[]> = Promise.resolve([]);

  constructor({ clock }: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = clock;
  }

  /** The process id of one that has a database open. Opens nothing of the database. */
  async holderOf(databasePath: string): Promise<number | undefined> {
    const database = identifyFile(databasePath);
    if (database === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (now - this.#lookedAtMs > freshMs) {
      this.#lookedAtMs = now;
      this.#pids = litestreamPids();
    }
    for (const pid of await this.#pids) if (await hasOpen(pid, database)) return Number(pid);
    return undefined;
  }
}

async function litestreamPids(): Promise<string[]> {
  const pids: string[] = [];
  for (const name of await entriesOf('/proc')) if (/^\d+$/.test(name) && (await isLitestream(name))) pids.push(name);
  return pids;
}

/** This program runs as `node`, by whatever name it was started. */
async function isLitestream(pid: string): Promise<boolean> {
  const name = (await textOf(readFile(`/proc/${pid}/comm`, 'utf8'))).trim();
  const executable = basename((await textOf(readlink(`/proc/${pid}/exe`))).replace(/ \(deleted\)$/, ''));
  return executable === 'litestream' || (name === 'litestream' && executable !== 'node');
}

async function hasOpen(pid: string, database: FileIdentity): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await entriesOf(folder)) {
    const stats = await stat(`${folder}/${name}`, { bigint: true }).catch(() => undefined);
    if (stats === undefined) continue;
    const file = { device: stats.dev, inode: stats.ino, sizeBytes: Number(stats.size), isFile: stats.isFile() };
    if (sameFile(file, database)) return true;
  }
  return false;
}

async function entriesOf(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

/** Processes end while one looks at them, and others may not be looked at. */
async function textOf(reading: Promise<string>): Promise<string> {
  return reading.catch(() => '');
}
