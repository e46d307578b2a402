import { rm } from 'node:fs/promises';
import { defaultMetaPath, MetaDirectory } from '../engine/meta/meta-directory.ts';
import { PageChecksumTable } from '../engine/meta/page-checksum-table.ts';
import { writeRestoreMarker } from '../engine/meta/restore-marker.ts';
import { requireKnownState } from '../engine/meta/state-version.ts';
import { restore } from '../engine/restore/restore.ts';
import type {
  RestoredState,
  RestoreOptions,
  RestoreResult,
  RestoreServices,
} from '../engine/restore/restore-options.ts';
import { syncDirectory } from '../runtime/durable-directory.ts';
import { pathExists } from '../runtime/path-exists.ts';
import { type FileOwner, giveToOwner, replacedFile } from './replaced-file.ts';
import { requireSqlite } from './require-sqlite.ts';

export interface RestoreDatabaseOptions
  extends Omit<RestoreOptions, 'fileMode' | 'owner' | 'openChecksums' | 'beforePublish'> {
  /** Where replication keeps its state of the restored database. Default: `.<file>-litestream` beside it. */
  readonly metaPath?: string | undefined;
}

/**
 * Brings a database back so that replication can go on from it: a marker beside it says which state of the replica it is.
 * A database that is replaced hands its mode and owner on, and is refused while a process replicates it. Local files of an
 * earlier replication stay as they are.
 */
export async function restoreDatabase(
  options: RestoreDatabaseOptions,
  services: RestoreServices,
): Promise<RestoreResult> {
  const { mode = 'restore', whenOutputExists, outputPath, integrityCheck = 'none', metaPath, ...rest } = options;
  const isReplacing = mode === 'restore' && whenOutputExists === 'replace';
  if (isReplacing || (integrityCheck !== 'none' && mode !== 'plan')) await requireSqlite();
  if (mode !== 'restore') return restore(options, services);
  const meta = new MetaDirectory(metaPath ?? defaultMetaPath(outputPath));
  requireKnownState(outputPath, meta);
  const marker = new MarkerInProgress(meta, services);
  const replaced = isReplacing ? await replacedFile(outputPath, services) : undefined;
  const lock = async () => {
    const { holdDatabase } = await import('./hold-database.ts');
    return holdDatabase('restore to', { path: outputPath, metaPath: meta.path }, services);
  };
  let held = isReplacing && (replaced !== undefined || (await pathExists(meta.path))) ? await lock() : undefined;
  try {
    return await restore(
      {
        ...rest,
        whenOutputExists,
        outputPath,
        integrityCheck,
        fileMode: replaced?.mode,
        owner: replaced?.owner,
        openChecksums: ({ commit, pageSizeBytes }) => marker.begin(commit, pageSizeBytes),
        beforePublish: async (state) => {
          if (isReplacing) held ??= await lock();
          await marker.write(state, replaced?.owner);
        },
      },
      services,
    );
  } catch (error) {
    await marker.withdraw();
    throw error;
  } finally {
    await held?.release();
  }
}

/** The restore marker while its database comes together. */
class MarkerInProgress {
  readonly #meta: MetaDirectory;
  readonly #services: RestoreServices;
  #table: PageChecksumTable | undefined;
  #isWritten = false;

  constructor(meta: MetaDirectory, services: RestoreServices) {
    this.#meta = meta;
    this.#services = services;
  }

  begin(commit: number, pageSizeBytes: number): PageChecksumTable {
    this.#table = new PageChecksumTable(pageSizeBytes);
    this.#table.resize(commit);
    return this.#table;
  }

  /** Before the database appears: an application may write to it at once, and only the marker tells what it was before. */
  async write({ txid, newestTxid }: RestoredState, owner: FileOwner | undefined): Promise<void> {
    this.#isWritten = true;
    await writeRestoreMarker(this.#meta, { txid, newestTxid, table: this.#table! }, this.#services);
    if (owner !== undefined) await giveToOwner(this.#meta.path, owner);
  }

  /** A database that was not published must not be taken for the restored one: its name may stand for another. */
  async withdraw(): Promise<void> {
    if (!this.#isWritten) return;
    for (const path of [this.#meta.restoreMarkerPath, this.#meta.restoredPageChecksumsPath]) {
      await rm(path, { force: true });
    }
    await syncDirectory(this.#meta.path);
  }
}
