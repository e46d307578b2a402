import * as z from 'zod';
import { leaseSchema } from './lease.ts';
import { replicaSchema } from './replica.ts';
import { count, duration, positiveDuration, size, text, toggle } from './scalar.ts';

export const snapshotSchema = z.strictObject({
  interval: positiveDuration.optional(),
  retention: positiveDuration.optional(),
});

export const databaseSchema = z
  .strictObject({
    path: text.optional(),
    dir: text.optional(),
    pattern: text.optional(),
    recursive: toggle.optional(),
    watch: toggle.optional(),
    'meta-path': text.optional(),
    'meta-dir': text.optional(),
    'monitor-interval': positiveDuration.optional(),
    'checkpoint-interval': duration.optional(),
    'busy-timeout': duration.optional(),
    'min-checkpoint-page-count': count(1).optional(),
    'truncate-page-n': count(0).optional(),
    'max-sync-wal-bytes': size.optional(),
    'restore-if-db-not-exists': toggle.optional(),
    'switch-to-wal': toggle.optional(),
    snapshot: snapshotSchema.optional(),
    lease: leaseSchema.optional(),
    replica: replicaSchema.optional(),
    replicas: z.array(replicaSchema).optional(),
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
