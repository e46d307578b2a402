import { resolve } from 'node:path';
import type { Verification } from '../../engine/restore/apply/apply-plan.ts';
import type { RestoreNotice } from '../../engine/restore/plan.ts';
import { RestoreError } from '../../engine/restore/restore-error.ts';
import type {
  IntegrityCheck,
  RestoreProgress,
  RestoreReport,
  RestoreTarget as Target,
} from '../../engine/restore/restore-options.ts';
import { formatTxid, parseTxid, type Txid } from '../../format/ltx/txid.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type Logger, silentLogger } from '../../runtime/logger.ts';
import { processServices } from '../compose.ts';
import { restoreDatabase } from '../restore-database.ts';
import { ServiceError } from '../service-error.ts';
import { sharedSignal } from '../shared-signal.ts';
import { type Replicas, withReplicas } from './replicas.ts';
import { millisecondsOf, type Timestamp } from './timestamp.ts';

/** Which state is wanted. A TXID is one, or its hexadecimal digits. */
export type RestoreTarget = 'newest' | { readonly txid: Txid | string } | { readonly timestamp: Timestamp };

export interface RestoreOptions {
  /** Where to read. Of several, the one whose newest state is nearest at or before the target. */
  readonly replicas: Replicas;
  /** Where the database is to be. It appears there when it is complete and verified; its directory is made. */
  readonly output: string;
  /** Default `newest`. For a time: the newest state at or before it. */
  readonly target?: RestoreTarget | undefined;
  /** Reject with `not-exact` when the target lies inside a file, instead of taking the newest state before it. */
  readonly exact?: boolean | undefined;
  /**
   * `keep` a database that is there, with the outcome `already-there`; `fail` with `output-exists`; or `replace` it, its
   * -wal, -shm and -journal files included. Nobody may have it open then. Default `keep`.
   */
  readonly whenOutputExists?: 'keep' | 'fail' | 'replace' | undefined;
  /** What SQLite checks before the database appears; it blocks this thread. File and database checksums always are. Default `none`. */
  readonly integrityCheck?: IntegrityCheck | undefined;
  /** How many files or ranges are read at a time. Default 4. */
  readonly parallelism?: number | undefined;
  /** Where replication keeps its state of the restored database. Default: `.<file>-litestream` beside it. */
  readonly metaPath?: string | undefined;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /** Ends the restore: it rejects with the signal's reason and leaves no file behind. */
  readonly signal?: AbortSignal | undefined;
  /** Default: says nothing. */
  readonly logger?: Logger | undefined;
}

export interface RestoredDatabase {
  readonly outcome: 'restored';
  /** Absolute. */
  readonly path: string;
  readonly txid: Txid;
  /** When that state was copied, from the header of its file. */
  readonly timestampMs: number;
  /** The name of the replica that was read. */
  readonly replica: string;
  readonly sizeBytes: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  /** `database-checksum` where the files carry one, else the checksum of each file. */
  readonly verification: Verification;
  /** What is worth knowing although the restore worked: the state is older than asked for, a replica could not be read. */
  readonly notices: readonly RestoreNotice[];
}

/** What has come of a restore. Nothing here is an error: everything else is thrown. */
export type RestoreResult =
  | RestoredDatabase
  | { readonly outcome: 'already-there'; readonly path: string }
  /** Every replica could be read and none has a file. */
  | { readonly outcome: 'no-backup' };

/**
 * Brings a database back, in this process. What an earlier restore to the same path left behind when it was killed is
 * removed. Throws RestoreError, ReplicaError, ServiceError and system errors.
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { replicas, output, target = 'newest', whenOutputExists = 'keep', metaPath, signal, ...rest } = options;
  const { logger = silentLogger, exact, integrityCheck, parallelism, onProgress } = rest;
  const path = resolve(output);
  const wanted = targetOf(target);
  return withReplicas(replicas, { logger }, async (opened): Promise<RestoreResult> => {
    const restored = restoreDatabase(
      {
        replicas: opened,
        target: wanted,
        exact,
        outputPath: path,
        metaPath: metaPath === undefined ? undefined : resolve(metaPath),
        whenOutputExists,
        whenNoBackup: 'report',
        integrityCheck,
        parallelism,
        onProgress,
        onPlan: ({ replica: { name }, plan: { txid, files, bytes } }) =>
          logger.info('restoring', { db: path, replica: name, txid: formatTxid(txid), files: files.length, bytes }),
        signal: signal === undefined ? undefined : sharedSignal(signal),
      },
      processServices({ logger: logger.child({ db: path }) }),
    );
    const result = await restored.catch(rethrow);
    if (result.outcome === 'no-backup') return { outcome: 'no-backup' };
    if (result.outcome === 'already-there') return { outcome: 'already-there', path };
    if (result.outcome !== 'restored') throw new Error(`Cannot restore ${path}: unexpected outcome ${result.outcome}`);
    return restoredDatabase(path, result);
  });
}

function targetOf(target: RestoreTarget): Target {
  if (target === 'newest') return { kind: 'newest' };
  if ('timestamp' in target) {
    return { kind: 'moment', timestampMs: millisecondsOf(target.timestamp, systemClock.now()) };
  }
  const txid = typeof target.txid === 'string' ? parseTxid(target.txid) : target.txid;
  if (txid !== undefined) return { kind: 'txid', txid };
  throw new ServiceError('invalid-option', `Cannot use "${target.txid}" as a TXID: it is none`, {
    hint: 'Write 1 to 16 hexadecimal digits',
  });
}

function restoredDatabase(path: string, report: RestoreReport): RestoredDatabase {
  const { replica, txid, timestampMs, sizeBytes, bytesRead, durationMs, verification, notices } = report;
  const facts = { txid, timestampMs, sizeBytes, bytesRead, durationMs, verification, notices };
  return { outcome: 'restored', path, replica: replica.name, ...facts };
}

/** The engine's way out names a flag of the command. */
function rethrow(error: unknown): never {
  if (!(error instanceof RestoreError) || error.code !== 'output-exists') throw error;
  throw new RestoreError('output-exists', error.message, {
    cause: error,
    hint: "Give another output, or replace it with whenOutputExists: 'replace'",
    data: error.data,
  });
}
