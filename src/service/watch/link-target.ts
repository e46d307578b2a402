import { realpathSync } from 'node:fs';

/** The file that a path leads to through links; undefined when it leads nowhere. SQLite puts the WAL beside that one. */
export function linkTarget(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
