import * as z from 'zod';
import { key } from './key.ts';
import { leaseSchema } from './lease.ts';
import { replicaSchema } from './replica.ts';
import { count, duration, positiveDuration, size, text, toggle } from './scalar.ts';

export const snapshotSchema = z.strictObject({
  interval: key(positiveDuration, 'how often the whole database is written anew, where it has changed', {
    default: '24h',
  }),
  retention: key(positiveDuration, 'so long every end of a level-1 file can be restored', { default: '24h' }),
});

export const databaseSchema = z
  .strictObject({
    path: key(text, 'the database file; may begin with ~/'),
    dir: key(text, 'in place of path: a directory of databases'),
    pattern: key(text, 'with dir: which files are databases, such as "*.db"'),
    recursive: key(toggle, 'with dir: directories below it too', { default: false }),
    watch: key(toggle, 'with dir: files that appear later join while it runs', { default: false }),
    'meta-path': key(text, 'where local state lies; with dir: below which directory', {
      otherwise: '.NAME-litestream beside the database',
    }),
    'meta-dir': key(text, 'with dir: the directory of all local state', { otherwise: 'beside each database' }),
    'monitor-interval': key(positiveDuration, 'how often to look where the system tells of no changes', {
      default: '1s',
    }),
    'checkpoint-interval': key(duration, 'how long the WAL may go on before it is copied back; 0s: by size alone', {
      default: '1m',
    }),
    'busy-timeout': key(duration, 'accepted without effect: no connection of this program waits'),
    'min-checkpoint-page-count': key(count(1), 'the WAL is copied back and begun anew at so many pages', {
      default: 1000,
    }),
    'truncate-page-n': key(count(0), 'a WAL of so many pages is cut to nothing when nobody reads; 0: never', {
      default: 121_359,
    }),
    'max-sync-wal-bytes': key(size, 'at most so much of the WAL goes into one file; 0: no limit', {
      default: '64MiB',
    }),
    'restore-if-db-not-exists': key(toggle, 'restore the database from its replicas where there is none', {
      default: false,
    }),
    'switch-to-wal': key(toggle, 'false: a database in a rollback-journal mode is refused, not switched', {
      default: true,
      ours: true,
    }),
    snapshot: key(snapshotSchema, 'snapshots of this database', { otherwise: 'as at the top of the file' }),
    lease: key(leaseSchema, 'the lease of this database', { otherwise: 'as at the top of the file', ours: true }),
    replica: key(replicaSchema, 'the one place it is copied to'),
    replicas: key(z.array(replicaSchema), 'the places it is copied to, each at its own pace'),
  })
  .superRefine((database, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const { path, dir } = database;
    if (path === undefined && dir === undefined) wrong('', 'needs path, or dir and pattern');
    if (path !== undefined && dir !== undefined) wrong('dir', 'stands beside path: give one of the two');
    if (dir !== undefined && database.pattern === undefined) wrong('dir', 'needs a pattern beside it, such as "*.db"');
    if (dir === undefined) {
      for (const key of ['pattern', 'recursive', 'watch', 'meta-dir'] as const) {
        if (database[key] !== undefined && database[key] !== false) wrong(key, 'has a meaning beside dir only');
      }
    }
    if (database['meta-path'] !== undefined && database['meta-dir'] !== undefined) {
      wrong('meta-dir', 'stands beside meta-path: give one of the two');
    }
    const { replica, replicas } = database;
    if (replica !== undefined && replicas !== undefined)
      wrong('replicas', 'stands beside replica: give one of the two');
    if (replica === undefined && (replicas === undefined || replicas.length === 0)) wrong('', 'needs a replica');
  });
