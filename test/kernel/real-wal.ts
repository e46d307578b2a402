import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const makeWal = `
import os, shutil, sqlite3, sys
folder, page_size, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
c = sqlite3.connect(folder + '/a.db', isolation_level=None)
c.execute('pragma page_size=%d' % page_size)
c.execute('pragma journal_mode=wal')
c.execute('pragma wal_autocheckpoint=0')
c.execute('create table t(id integer primary key, noise blob)')
for n in range(rows):
    c.execute('insert into t(noise) values(?)', (os.urandom(page_size // 2),))
shutil.copy(folder + '/a.db-wal', folder + '/copy.db-wal')
shutil.copy(folder + '/a.db', folder + '/copy.db')
`;

const countRows = `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
assert c.execute('pragma integrity_check').fetchone()[0] == 'ok'
print(c.execute('select count(*) from t').fetchone()[0])
`;

/** A database and its WAL, written by another process's SQLite: one transaction a row. */
export function writeRealWal(pageSize: number, rowCount: number): { database: Uint8Array; wal: Uint8Array } {
  return inFolder((folder) => {
    execFileSync('python3', ['-c', makeWal, folder, String(pageSize), String(rowCount)]);
    const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, name)));
    return { database: read('copy.db'), wal: read('copy.db-wal') };
  });
}

/** How many rows another process's SQLite finds after it has recovered this WAL. */
export function countRecoveredRows(database: Uint8Array, wal: Uint8Array): number {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'b.db'), database);
    writeFileSync(join(folder, 'b.db-wal'), wal);
    return Number(execFileSync('python3', ['-c', countRows, join(folder, 'b.db')], { encoding: 'utf8' }));
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'real-wal-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
