import { type Level, levels, snapshotLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileId, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { type FileFacts, LevelFiles } from './level-files.ts';

/** Reads the header of a file. */
export type ReadFacts = (file: LtxFileInfo) => Promise<FileFacts>;

/**
 * What one replica holds of one database, in memory: listed once, then kept by what this process writes and deletes, so
 * that an idle database asks the store nothing and a busy one lists nothing. Headers are read when somebody needs them.
 */
export class ReplicaCatalog {
  readonly #levels: readonly LevelFiles[] = levels.map((level) => new LevelFiles(level));
  readonly #readFacts: ReadFacts;

  constructor(readFacts: ReadFacts) {
    this.#readFacts = readFacts;
  }

  static async load(client: ReplicaClient, readFacts: ReadFacts, options: CallOptions): Promise<ReplicaCatalog> {
    const catalog = new ReplicaCatalog(readFacts);
    for await (const file of client.listAll(options)) catalog.add(file);
    return catalog;
  }

  level(level: Level | number): LevelFiles {
    return this.#levels[level]!;
  }

  add(file: LtxFileInfo, facts?: FileFacts): void {
    this.level(file.level).add(file, facts);
  }

  remove(files: readonly LtxFileId[]): void {
    for (const level of this.#levels) level.remove(files);
  }

  /** How many files there are below the snapshots. */
  get changeFileCount(): number {
    return this.#levels.slice(0, snapshotLevel).reduce((sum, { length }) => sum + length, 0);
  }

  /** Every file up to a TXID. */
  filesUpTo(txid: Txid): LtxFileInfo[] {
    return this.#levels.flatMap((files) => Array.from({ length: files.firstPast(txid) }, (_, i) => files.at(i)));
  }

  /** What the header of a file says; read at most once. */
  async facts(level: Level | number, index: number): Promise<FileFacts> {
    const files = this.level(level);
    const known = files.facts(index);
    if (known !== undefined) return known;
    const file = files.at(index);
    const facts = await this.#readFacts(file);
    this.add(file, facts); // the index may be another file's by now
    return facts;
  }
}
