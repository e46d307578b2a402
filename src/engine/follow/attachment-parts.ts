import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { WalCapture } from '../capture/wal-capture.ts';
import type { DatabaseCounters } from '../database-counters.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import type { SyncFiles } from '../write/sync-files.ts';

/** What an attachment is made of. */
export interface AttachmentParts {
  readonly live: LiveDatabase;
  readonly capture: WalCapture;
  readonly files: SyncFiles;
  readonly meta: MetaDirectory;
  readonly counters: DatabaseCounters;
  /**
   * Runs `fold`, which writes the newest file again with more pages in it, if nobody can have seen that file and nobody is
   * sent it meanwhile; undefined when it has to stay as it is.
   */
  readonly whileUnsent: (fold: () => Promise<LineageHead>) => Promise<LineageHead | undefined>;
}
