import type { LtxHeader } from '../../format/ltx/header.ts';
import { type Level, snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import { ltxPath } from '../../replica/directory-layout.ts';
import type { LtxFileId, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { type MergedFile, mergeFiles } from '../compaction/merge-files.ts';
import type { TrustedFiles } from '../compaction/merge-inputs.ts';
import { readBack, type StoredFile, storeMerged } from '../compaction/store-merged.ts';
import type { LevelSettings } from '../levels/level-settings.ts';
import { planCompaction } from '../levels/plan-compaction.ts';
import { planRetention } from '../levels/plan-retention.ts';
import type { ReplicaCatalog } from '../levels/replica-catalog.ts';
import { type SyncFileCounts, syncFileCounts } from '../levels/sync-file-counts.ts';
import { describeFile } from '../restore/describe-file.ts';
import { readHeader } from '../restore/read-header.ts';
import { snapshotDoubt } from '../restore/snapshot-doubt.ts';
import type { MaintainServices } from './maintain-services.ts';
import { planSnapshot } from './snapshot-files.ts';
import { type Fence, quarantineStrays } from './stray-files.ts';
import { verifyLevel } from './verify-level.ts';

export interface UpkeepOptions {
  /** What the replica is called. */
  readonly name: string;
  readonly client: ReplicaClient;
  readonly settings: LevelSettings;
  readonly scratchPath: string;
  readonly trusted: TrustedFiles | undefined;
  /** Undefined without a lease. */
  readonly fence?: Fence | undefined;
}

/** The work that keeps one replica of one database in order; whoever calls decides when. */
export class ReplicaUpkeep {
  readonly #options: UpkeepOptions;
  readonly #services: MaintainServices;
  readonly #refused = new Map<string, LtxFileId>();
  #verifyErrorCount = 0;
  #verifiedAtMs: number | undefined;
  #syncFiles: SyncFileCounts | undefined;

  constructor(options: UpkeepOptions, services: MaintainServices) {
    this.#options = options;
    this.#services = services;
  }

  /** Files that could not be written, maybe because others of their names are there that are not right: none to count on. */
  get refused(): readonly LtxFileId[] {
    return [...this.#refused.values()];
  }

  /** How many compacted files failed their verification. */
  get verifyErrorCount(): number {
    return this.#verifyErrorCount;
  }

  /** When a merged file was last read back and found right, on the wall clock. */
  get verifiedAtMs(): number | undefined {
    return this.#verifiedAtMs;
  }

  /** As of the last time that retention was enforced. */
  get syncFiles(): SyncFileCounts | undefined {
    return this.#syncFiles;
  }

  /** Merges whatever is due, level by level from the lowest. */
  async compact(catalog: ReplicaCatalog, upTo: Txid, signal: AbortSignal): Promise<void> {
    const { settings } = this.#options;
    for (const [i, intervalMs] of settings.intervalsMs.entries()) {
      const level = (i + 1) as Level;
      const plan = () => planCompaction(catalog, { level, intervalMs, upTo, nowMs: this.#services.clock.now() });
      for (let files = await plan(); files.length > 0; files = await plan()) {
        const stored = await this.#merge(level, files, signal);
        catalog.add(stored.file, stored.header);
        this.#say('debug', 'compacted', stored, files.length);
        if (settings.verifyCompaction) await this.#verify(catalog, stored.file, signal);
      }
    }
  }

  /** Writes a snapshot of a TXID, from what the replica holds. */
  async snapshot(catalog: ReplicaCatalog, txid: Txid, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const read = (file: LtxFileInfo): Promise<LtxHeader> => readHeader(client, file, { signal });
    const files = await planSnapshot(catalog.filesUpTo(txid), txid, this.#services.clock.now(), read);
    const stored = await this.#merge(snapshotLevel, files, signal);
    catalog.add(stored.file, stored.header);
    this.#say('info', 'wrote a snapshot', stored, files.length);
  }

  /** Deletes what serves nothing any more; resolves to the time when there will be more, if nothing else changes. */
  async retain(catalog: ReplicaCatalog, upTo: Txid, signal: AbortSignal): Promise<number | undefined> {
    const { client, settings, fence } = this.#options;
    const { clock, logger } = this.#services;
    const mayUse = (snapshot: LtxFileInfo) => this.#mayUse(catalog, snapshot, signal);
    const { files, nextAtMs } = await planRetention(catalog, settings, { upTo, nowMs: clock.now(), mayUse });
    this.#syncFiles = syncFileCounts(catalog, files);
    if (fence !== undefined && files.length > 0) {
      await quarantineStrays(fence, { client, catalog }, signal, this.#services);
    }
    for (const level of [...new Set(files.map((file) => file.level))]) {
      const gone = files.filter((file) => file.level === level);
      signal.throwIfAborted();
      await client.delete(gone, { signal });
      catalog.remove(gone);
      logger.debug('deleted files whose time is over', { ltxLevel: level, files: gone.length });
    }
    return nextAtMs;
  }

  /** A local file goes as soon as every replica has it, also while it is read here; the replica's stays. */
  async #merge(level: Level, files: readonly LtxFileInfo[], signal: AbortSignal): Promise<StoredFile> {
    const { trusted } = this.#options;
    try {
      return await this.#mergeWith(trusted, level, files, signal);
    } catch (error) {
      const isGone = error instanceof ReplicaError && error.code === 'not-found';
      if (!isGone || trusted === undefined) throw error;
      return this.#mergeWith(undefined, level, files, signal);
    }
  }

  async #mergeWith(
    trusted: TrustedFiles | undefined,
    level: Level,
    files: readonly LtxFileInfo[],
    signal: AbortSignal,
  ): Promise<StoredFile> {
    const { name, client } = this.#options;
    const { runs, work } = this.#services;
    await using merged = await this.#merged(trusted, level, files, signal);
    signal.throwIfAborted();
    this.#refused.set(ltxPath(merged.file), merged.file);
    using step = work.begin('upload', merged.file.sizeBytes, name);
    const onProgress = (doneBytes: number) => step.report(doneBytes);
    const stored = await storeMerged(client, merged, { runs, signal, onProgress });
    this.#refused.delete(ltxPath(merged.file));
    return stored;
  }

  async #merged(
    trusted: TrustedFiles | undefined,
    level: Level,
    files: readonly LtxFileInfo[],
    signal: AbortSignal,
  ): Promise<MergedFile> {
    const { name, client, scratchPath } = this.#options;
    const { runs, limits, work } = this.#services;
    const inputBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    using step = work.begin(level === snapshotLevel ? 'snapshot' : 'compaction', inputBytes, name);
    const onProgress = (doneBytes: number, totalBytes: number) => step.report(doneBytes, totalBytes);
    return await mergeFiles(level, files, {
      client,
      trusted,
      scratchPath,
      budget: limits.budget,
      runs,
      signal,
      onProgress,
    });
  }

  /** Says what is wrong and counts it; what there was before is all still there. */
  async #verify(catalog: ReplicaCatalog, file: LtxFileInfo, signal: AbortSignal): Promise<void> {
    try {
      await readBack(this.#options.client, file, { runs: this.#services.runs, signal });
      verifyLevel(catalog, file.level);
      this.#verifiedAtMs = this.#services.clock.now();
    } catch (error) {
      signal.throwIfAborted();
      this.#verifyErrorCount++;
      this.#services.logger.error('a compacted file failed its verification', { file: describeFile(file), error });
    }
  }

  async #mayUse(catalog: ReplicaCatalog, snapshot: LtxFileInfo, signal: AbortSignal): Promise<boolean> {
    const others: LtxFileInfo[] = [];
    for (let level = syncLevel as number; level < snapshotLevel; level++) {
      const files = catalog.level(level);
      if (files.length > 0) others.push(files.at(files.length - 1));
    }
    const sync = catalog.level(syncLevel);
    const own = sync.firstPast((snapshot.maxTxid - 1n) as Txid);
    if (own < sync.length - 1 && sync.maxTxid(own) === snapshot.maxTxid) others.push(sync.at(own));
    const read = (file: LtxFileInfo) => readHeader(this.#options.client, file, { signal });
    return (await snapshotDoubt(snapshot, others, read)) === undefined;
  }

  #say(logLevel: 'debug' | 'info', what: string, { file }: StoredFile, inputs: number): void {
    const { level, minTxid, maxTxid, sizeBytes } = file;
    const txids = { minTxid: formatTxid(minTxid), maxTxid: formatTxid(maxTxid) };
    this.#services.logger[logLevel](what, { ltxLevel: level, ...txids, sizeBytes, inputs });
  }
}
