import type { LevelSettings } from './levels/level-settings.ts';

/** How one database is followed. Times in milliseconds, sizes in bytes or pages. */
export interface DatabaseSettings {
  /** The database file. */
  readonly path: string;
  /** The directory of its local state. */
  readonly metaPath: string;
  /** At most one new file per interval while changes keep coming. */
  readonly syncIntervalMs: number;
  /** How often to look where file-system watches do not work. */
  readonly monitorIntervalMs: number;
  readonly checkpointIntervalMs: number;
  readonly minCheckpointPageCount: number;
  readonly truncatePageCount: number;
  readonly maxSyncWalBytes: number;
  /** Switch a rollback-journal database to WAL. */
  readonly switchToWal: boolean;
  /** How its replicas are compacted, and how long their files are kept. */
  readonly levels: LevelSettings;
  /** Go on with this database although its replica has another past. */
  readonly adopt: boolean;
}
