import { access, constants, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseConfig } from '../../src/config/normal-config.ts';
import { formatByteSize } from '../../src/config/value/byte-size.ts';
import type { RunningLitestreams } from '../../src/engine/running-litestreams.ts';
import { messageOf, systemErrorCode } from '../../src/runtime/typed-error.ts';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { type DatabaseKind, inspectDatabase } from '../../src/sqlite/inspect-database.ts';
import { type Finding, type Found, finding } from './finding.ts';

/** A first file and a WAL that grows need room; below this part of the database's size it gets tight. */
const roomShare = 1;
const leastRoomBytes = 64 << 20;

/** Looks at a database, its files and where its local state lies. Nothing is opened through SQLite, nothing is left behind. */
export function databaseChecks(database: DatabaseConfig, litestreams: RunningLitestreams): Promise<Finding>[] {
  const { path, metaPath } = database;
  return [
    finding('database', path, () => fileState(path)),
    finding('journal mode', path, async () => journalMode(path, database)),
    finding('busy timeout', path, async () => busyTimeout(path)),
    finding('permissions', path, () => permissions(path)),
    finding('local state', path, () => localState(metaPath)),
    finding('disk space', path, () => diskSpace(path, metaPath)),
    finding('other processes', path, () => otherProcesses(path, litestreams)),
  ];
}

async function fileState(path: string): Promise<Found> {
  const found = kindOf(path);
  if (found === 'absent')
    return {
      severity: 'note',
      state: 'there is no database yet',
      remedy: 'it is waited for, or restored with restore-if-db-not-exists',
    };
  if (found === 'foreign') {
    return {
      severity: 'failure',
      state: 'it is no SQLite database, or an encrypted one',
      remedy: 'name the database file; databases of SQLCipher and SEE cannot be replicated',
    };
  }
  return { severity: 'ok', state: formatByteSize((await stat(path)).size) };
}

function journalMode(path: string, { switchToWal }: DatabaseConfig): Found {
  const found = kindOf(path);
  if (found === 'wal') return { severity: 'ok', state: 'WAL' };
  if (found !== 'rollback-journal') return { severity: 'note', state: 'not known yet' };
  if (switchToWal)
    return {
      severity: 'note',
      state: 'a rollback journal',
      remedy: 'it is switched to WAL when its replication begins; switch-to-wal: false forbids that',
    };
  return {
    severity: 'failure',
    state: 'a rollback journal, and switch-to-wal forbids to change it',
    remedy: 'run: pragma journal_mode = wal',
  };
}

/** Each connection of an application has its own, which nobody else can see. */
function busyTimeout(path: string): Found {
  if (kindOf(path) === 'absent') return { severity: 'note', state: 'not known yet' };
  return {
    severity: 'note',
    state: 'it belongs to each connection of the application, and cannot be seen from here',
    remedy: 'have every connection run: pragma busy_timeout = 5000',
  };
}

async function permissions(path: string): Promise<Found> {
  const { R_OK, W_OK, X_OK } = constants;
  try {
    await access(dirname(path), R_OK | W_OK | X_OK);
    if (kindOf(path) !== 'absent') await access(path, R_OK | W_OK);
    return { severity: 'ok', state: 'the database and its directory can be read and written' };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw error;
    return {
      severity: 'failure',
      state: `${(error as { path?: string }).path ?? path} may not be read and written by this user`,
      remedy:
        'run as the user of the application, or give this one read and write permission on the database and its directory',
    };
  }
}

async function localState(metaPath: string): Promise<Found> {
  const existing = await nearestExisting(metaPath);
  try {
    const probe = await mkdtemp(join(existing, '.litestream-doctor-'));
    await rm(probe, { recursive: true });
    return { severity: 'ok', state: `${metaPath} can be written` };
  } catch (error) {
    return {
      severity: 'failure',
      state: `${existing} cannot be written: ${messageOf(error)}`,
      remedy: 'give this user write permission there, or configure another meta-path',
    };
  }
}

async function diskSpace(path: string, metaPath: string): Promise<Found> {
  const { bavail, bsize } = await statfs(await nearestExisting(metaPath));
  const freeBytes = bavail * bsize;
  const databaseBytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const wantedBytes = Math.max(leastRoomBytes, roomShare * databaseBytes);
  const state = `${formatByteSize(freeBytes)} are free where local files lie, the database has ${formatByteSize(databaseBytes)}`;
  if (freeBytes >= wantedBytes) return { severity: 'ok', state };
  return {
    severity: 'warning',
    state,
    remedy:
      'a first file and a WAL that cannot restart take about as much as the database: free space, or configure meta-path on another disk',
  };
}

async function otherProcesses(path: string, litestreams: RunningLitestreams): Promise<Found> {
  const pid = await litestreams.holderOf(path);
  if (pid === undefined) return { severity: 'ok', state: 'no Litestream replicates it' };
  return {
    severity: 'failure',
    state: `Litestream replicates it as process ${pid}`,
    remedy: 'stop that process before this program takes over',
  };
}

function kindOf(path: string): DatabaseKind {
  return inspectDatabase(path, new AttachedFiles());
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const exists = await stat(at).then(
      () => true,
      () => false,
    );
    if (exists || at === dirname(at)) return at;
  }
}
