import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { restore } from '../../src/engine/restore/restore.ts';
import type { RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import { decodeLtxHeader, type LtxHeader } from '../../src/format/ltx/header.ts';
import { decodePageIndex } from '../../src/format/ltx/page-index.ts';
import { locatePageIndex } from '../../src/format/ltx/tail.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { FileReplicaClient } from '../../src/replica/file/file-replica-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const kernels = loadKernels();
let restoreCount = 0;

/** What lies in a replica's directory, and the databases that can be had from it. */
export class ReplicaFiles {
  readonly path: string;
  readonly #folder: string;

  /** Restored databases are put into `folder` for a moment. */
  constructor(path: string, folder: string) {
    this.path = path;
    this.#folder = folder;
  }

  /** File names of a level, ascending. */
  names(level = 0): string[] {
    const directory = this.#levelPath(level);
    if (!existsSync(directory)) return [];
    return readdirSync(directory)
      .filter((name) => name.endsWith('.ltx'))
      .sort(); // prettier
  }

  /** The TXIDs of level 0, ascending. */
  txids(): number[] {
    return this.names().map((name) => Number.parseInt(name.slice(17, 33), 16));
  }

  /** The newest TXID of level 0. */
  get newest(): number {
    return this.txids().at(-1) ?? 0;
  }

  read(txid: number): Buffer {
    return readFileSync(this.#filePath(txid));
  }

  header(txid: number): LtxHeader {
    return decodeLtxHeader(this.read(txid));
  }

  /** The page numbers of a level-0 file, ascending, by its page index. */
  pgnos(txid: number): number[] {
    const bytes = this.read(txid);
    const index = locatePageIndex(bytes, bytes.length).bytes!;
    return [...decodePageIndex(index, { fileSizeBytes: bytes.length }).pgnos];
  }

  /** Restores to a file that the caller removes. */
  async restore(target: RestoreTarget | number = { kind: 'newest' }): Promise<string> {
    const outputPath = join(this.#folder, `restored-${++restoreCount}.db`);
    const client = new FileReplicaClient(
      { path: this.path },
      { durableFiles: new DurableFiles(), logger: silentLogger },
    );
    await restore(
      {
        replicas: [{ name: 'only', client }],
        target: typeof target === 'number' ? { kind: 'txid', txid: toTxid(target) } : target,
        outputPath,
      },
      { kernels, durableFiles: new DurableFiles(), clock: systemClock, logger: silentLogger },
    );
    return outputPath;
  }

  /** The bytes of the database at a TXID. */
  async bytes(txid?: number): Promise<Buffer> {
    const path = await this.restore(txid);
    const bytes = readFileSync(path);
    rmSync(path);
    return bytes;
  }

  /** Asks the database at a TXID, which must be sound, for the rows of one column. */
  async column(sql: string, txid?: number): Promise<unknown[]> {
    const path = await this.restore(txid);
    const connection = new Database(path);
    try {
      const [check] = connection.pragma('integrity_check', { simple: false }) as { integrity_check: string }[];
      if (check?.integrity_check !== 'ok') throw new Error(`TXID ${txid}: ${check?.integrity_check}`);
      return connection.prepare(sql).pluck().all();
    } finally {
      connection.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    }
  }

  #levelPath(level: number): string {
    return join(this.path, 'ltx', String(level));
  }

  #filePath(txid: number): string {
    const name = txid.toString(16).padStart(16, '0');
    return join(this.#levelPath(0), `${name}-${name}.ltx`);
  }
}
