import {
  type Checksum,
  emptyDatabaseChecksum,
  unknownChecksum,
  xorChecksum,
} from '../../../src/format/ltx/checksum.ts';
import type { Level } from '../../../src/format/ltx/level.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { loadKernels } from '../../../src/kernel/load-kernels.ts';
import { ltxPath } from '../../../src/replica/directory-layout.ts';
import {
  type MemoryFiles,
  MemoryReplicaClient,
  type MemoryReplicaOptions,
} from '../../../src/replica/memory/memory-replica-client.ts';
import { encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';

export const kernels = loadKernels();

interface ModelState {
  readonly pages: ReadonlyMap<number, Uint8Array>;
  readonly commit: number;
  readonly pageSizeBytes: number;
}

export interface FileOptions {
  /** Default: the files carry database checksums. */
  readonly withoutChecksums?: boolean;
  readonly epoch?: number;
  readonly before?: Checksum;
  readonly after?: Checksum;
  readonly timestampMs?: number;
}

/** A database as a list of states, and the LTX files that anyone might have made of it. */
export class ModelDatabase {
  readonly files: MemoryFiles = new Map();
  readonly #states: ModelState[] = [{ pages: new Map(), commit: 0, pageSizeBytes: 512 }];
  readonly #changed: ReadonlySet<number>[] = [new Set()];

  get txid(): number {
    return this.#states.length - 1;
  }

  /** The next TXID: `changes` are written, then the database is cut or grown to `commit` pages. */
  commit(changes: ReadonlyMap<number, Uint8Array>, commit: number, pageSizeBytes = this.#last.pageSizeBytes): void {
    const pages = new Map(pageSizeBytes === this.#last.pageSizeBytes ? this.#last.pages : []);
    for (const [pgno, page] of changes) pages.set(pgno, page);
    for (const pgno of pages.keys()) if (pgno > commit) pages.delete(pgno);
    this.#states.push({ pages, commit, pageSizeBytes });
    this.#changed.push(new Set(changes.keys()));
  }

  /** The bytes of the database at a TXID. */
  bytesAt(txid: number): Buffer {
    const { pages, commit, pageSizeBytes } = this.#states[txid]!;
    return Buffer.concat(Array.from({ length: commit }, (_, i) => pages.get(i + 1) ?? Buffer.alloc(pageSizeBytes)));
  }

  checksumAt(txid: number): Checksum {
    if (txid === 0) return unknownChecksum;
    const { pages, pageSizeBytes } = this.#states[txid]!;
    let checksum = emptyDatabaseChecksum;
    for (const [pgno, page] of pages) checksum = xorChecksum(checksum, pageChecksum(pgno, page, pageSizeBytes));
    return checksum;
  }

  timestampAt(txid: number): number {
    return 1_700_000_000_000 + txid * 1000;
  }

  /** Adds the file of a level and a range of TXIDs, and returns its path. */
  addFile(level: number, min: number, max: number, options: FileOptions = {}): string {
    const state = this.#states[max]!;
    const pages = new Map<number, Uint8Array>();
    for (const [pgno, page] of state.pages) {
      const isIn = min === 1 || this.#changed.slice(min, max + 1).some((changed) => changed.has(pgno));
      if (isIn) pages.set(pgno, page);
    }
    const id = { level: level as Level, minTxid: toTxid(min), maxTxid: toTxid(max) };
    const header = ltxHeader({
      ...id,
      pageSizeBytes: state.pageSizeBytes,
      commit: state.commit,
      timestampMs: options.timestampMs ?? this.timestampAt(max),
      epoch: options.epoch ?? 0,
      checksums: options.withoutChecksums
        ? undefined
        : { before: options.before ?? this.checksumAt(min - 1), after: options.after ?? this.checksumAt(max) },
    });
    const path = ltxPath(id);
    this.files.set(path, encodeLtxFile({ header, pages }, kernels, 64));
    return path;
  }

  addLevel0(from = 1, to = this.txid, options: FileOptions = {}): void {
    for (let txid = from; txid <= to; txid++) this.addFile(0, txid, txid, options);
  }

  replica(options: MemoryReplicaOptions = {}): MemoryReplicaClient {
    return new MemoryReplicaClient({ files: this.files, ...options });
  }

  get #last(): ModelState {
    return this.#states.at(-1)!;
  }
}

export function pageChecksum(pgno: number, page: Uint8Array, pageSizeBytes: number): bigint {
  const run = kernels.openRun(pageSizeBytes, 1);
  run.pgnos[0] = pgno;
  run.pages.set(page);
  run.checksum(1);
  return run.checksums[0]!;
}

/** A page that shows in a hex dump what it is; `noise` makes it incompressible. */
export function somePage(pgno: number, version: number, pageSizeBytes = 512, noise = false): Uint8Array {
  const page = new Uint8Array(pageSizeBytes);
  let random = (pgno * 2_654_435_761 + version * 40_503) >>> 0;
  const count = noise ? pageSizeBytes : 24;
  for (let i = 0; i < count; i++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    page[i] = random >>> 24;
  }
  return page;
}

/** Pages 1 to `count`, of one version. */
export function somePages(count: number, version: number, pageSizeBytes = 512, noise = false): Map<number, Uint8Array> {
  return new Map(Array.from({ length: count }, (_, i) => [i + 1, somePage(i + 1, version, pageSizeBytes, noise)]));
}
