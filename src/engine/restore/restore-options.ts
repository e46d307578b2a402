import type { Checksum } from '../../format/ltx/checksum.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import type { ReplicaClient } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Verification } from './apply/apply-plan.ts';
import type { PageChecksumSink } from './apply/restored-pages.ts';
import type { RestoreNotice, RestorePlan } from './plan.ts';

export interface NamedReplica {
  readonly name: string;
  readonly client: ReplicaClient;
}

export type RestoreTarget =
  | { readonly kind: 'newest' }
  | { readonly kind: 'txid'; readonly txid: Txid }
  | { readonly kind: 'moment'; readonly timestampMs: number };

/** Whose newest restorable state is nearest at or before the target, and how to get there. */
export interface ChosenPlan {
  readonly replica: NamedReplica;
  readonly plan: RestorePlan;
  /** The time of the state when it was looked up; a restore to a TXID learns it from the newest file. */
  readonly timestampMs: number | undefined;
}

export interface RestoreProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface DatabaseShape {
  /** In pages. */
  readonly commit: number;
  readonly pageSizeBytes: number;
}

/** What was restored, as far as replication can go on from it. */
export interface RestoredState extends DatabaseShape {
  readonly txid: Txid;
  /** The newest TXID, restorable or not, of all replicas that were read: a later one means that somebody went on. */
  readonly newestTxid: Txid;
  readonly timestampMs: number;
  /** The fencing epoch of the newest file. */
  readonly epoch: number;
  readonly checksum: Checksum;
  readonly verification: Verification;
}

export type IntegrityCheck = 'none' | 'quick' | 'full';

export interface SearchOptions {
  /** In the order of the config file. */
  readonly replicas: readonly NamedReplica[];
  /** Look at the replica of this name only. */
  readonly replicaName?: string | undefined;
  readonly target: RestoreTarget;
  /** Refuse a target that lies inside a file. */
  readonly exact?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RestoreOptions extends SearchOptions {
  readonly outputPath: string;
  /** `check` restores beside the output path, verifies and removes; `plan` reads headers only and writes nothing. */
  readonly mode?: 'restore' | 'check' | 'plan' | undefined;
  /** Default `fail`. `replace` removes the side files of the old database too, when the new one is complete. */
  readonly whenOutputExists?: 'fail' | 'keep' | 'replace' | undefined;
  /** Default `fail`. */
  readonly whenNoBackup?: 'fail' | 'report' | undefined;
  readonly integrityCheck?: IntegrityCheck | undefined;
  /** How many files or ranges are read at a time. Default 4. */
  readonly parallelism?: number | undefined;
  /** Permission bits of the database. Default 0600. */
  readonly fileMode?: number | undefined;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly onPlan?: ((chosen: ChosenPlan) => void) | undefined;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /** Gives what takes the page checksums; called again when a restore has to start over. */
  readonly openChecksums?: ((shape: DatabaseShape) => PageChecksumSink) | undefined;
  /** Runs when the database is complete and verified, right before it appears under its name. */
  readonly beforePublish?: ((state: RestoredState) => Promise<void>) | undefined;
}

export interface RestoreServices {
  readonly kernels: Kernels;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RestoreReport extends RestoredState, ChosenPlan {
  readonly timestampMs: number;
  readonly sizeBytes: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  readonly notices: readonly RestoreNotice[];
}

export type RestoreResult =
  | ({ readonly outcome: 'restored' | 'checked' } & RestoreReport)
  | ({
      readonly outcome: 'planned';
      readonly notices: readonly RestoreNotice[];
      /** The times of the plan's files, in their order. */
      readonly fileTimesMs: readonly number[];
    } & ChosenPlan)
  | { readonly outcome: 'already-there' }
  | { readonly outcome: 'no-backup' };
