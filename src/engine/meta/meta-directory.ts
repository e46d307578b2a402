import { basename, dirname, join } from 'node:path';
import { levelPath, ltxPath } from '../../replica/directory-layout.ts';
import type { LtxFileId } from '../../replica/replica-client.ts';

/** Where a database's local state lies: `.<db file>-litestream` beside it, as Litestream has it. */
export function defaultMetaPath(databasePath: string): string {
  return join(dirname(databasePath), `.${basename(databasePath)}-litestream`);
}

/** The names inside a meta directory. */
export class MetaDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Held EXCLUSIVE by the process that replicates the database. */
  get lockPath(): string {
    return join(this.path, 'lock.db');
  }

  /** Who holds the lock, for messages. */
  get lockOwnerPath(): string {
    return join(this.path, 'lock-owner.json');
  }

  get positionPath(): string {
    return join(this.path, 'position.json');
  }

  get pageChecksumsPath(): string {
    return join(this.path, 'page-checksums');
  }

  get attemptedPath(): string {
    return join(this.path, 'attempted.json');
  }

  get restoreMarkerPath(): string {
    return join(this.path, 'restored.json');
  }

  get restoredPageChecksumsPath(): string {
    return join(this.path, 'restored-page-checksums');
  }

  /** What a restart needs to take its own lease of a replica back. */
  leasePath(replicaName: string): string {
    return join(this.path, `lease-${encodeURIComponent(replicaName)}.json`);
  }

  /** Files that turned out to belong to no lineage: a later holder of the lease had gone on by then. */
  get quarantinePath(): string {
    return join(this.path, 'quarantine');
  }

  get syncLevelPath(): string {
    return join(this.path, levelPath(0));
  }

  get snapshotLevelPath(): string {
    return join(this.path, levelPath(9));
  }

  /** Where compactions make files that never get a name. */
  get scratchPath(): string {
    return join(this.path, 'scratch');
  }

  filePath(file: LtxFileId): string {
    return `${this.path}/${ltxPath(file)}`;
  }
}
