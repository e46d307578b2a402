import type { Logger } from '../../runtime/logger.ts';
import type { AttachedFiles } from '../../sqlite/attached-files.ts';
import { inspectDatabase, switchToWal } from '../../sqlite/inspect-database.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import type { DatabaseSettings } from '../database-settings.ts';

/**
 * Whether there is a database in WAL mode to be attached; one in rollback-journal mode is switched when it may be. Throws
 * LiveError when there is one that cannot be attached.
 */
export function isReady(
  { path, switchToWal: maySwitch }: DatabaseSettings,
  { attached, logger }: { readonly attached: AttachedFiles; readonly logger: Logger },
): boolean {
  const kind = inspectDatabase(path, attached);
  if (kind === 'absent') return false;
  if (kind === 'foreign') {
    throw new LiveError('not-a-database', `Cannot replicate ${path}: not a SQLite database, or an encrypted one`, {
      hint: 'name a database file; it is looked at again when it changes',
    });
  }
  if (kind === 'rollback-journal') {
    if (!maySwitch) {
      throw new LiveError('not-wal', `Cannot replicate ${path}: it is in rollback-journal mode`, {
        hint: 'run `PRAGMA journal_mode = WAL` in the application, or set `switch-to-wal: true`',
      });
    }
    switchToWal(path);
    logger.info('switched the database from rollback-journal to WAL mode');
  }
  return true;
}
