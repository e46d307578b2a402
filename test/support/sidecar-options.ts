import type { DatabaseSettings } from '../../src/engine/database-settings.ts';
import type { DatabaseStatus } from '../../src/engine/replicator/database-status.ts';
import type { Txid } from '../../src/format/ltx/txid.ts';
import type { DurableStep } from '../../src/runtime/durable-step.ts';

export interface SidecarDatabase {
  readonly path: string;
  /** Directories. Default: `<path>-replica`. */
  readonly replicas?: readonly string[] | undefined;
  /** Default: `.<name>-litestream` beside the database. */
  readonly metaPath?: string | undefined;
}

/** The process kills itself, or stands still, right after a durable step, the n-th time it happens (default 1), counted from another on. */
export interface Death {
  readonly step: DurableStep;
  readonly occurrence?: number | undefined;
  readonly after?: DurableStep | undefined;
  /** Default: SIGKILL. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP' | undefined;
  /** Only steps of files with this in their path count. */
  readonly path?: string | undefined;
}

/** What a sidecar process is started with; handed over as JSON. */
export interface SidecarOptions {
  readonly databases: readonly SidecarDatabase[];
  readonly settings?: Partial<Omit<DatabaseSettings, 'path' | 'metaPath'>> | undefined;
  /** False: the databases are looked at every monitor interval only. Default true. */
  readonly watched?: boolean | undefined;
  /** What is added to the wall clock from the start. */
  readonly clockOffsetMs?: number | undefined;
  readonly dieAt?: Death | undefined;
  readonly shutdownTimeoutMs?: number | undefined;
  /** Of all replicas. Default false. */
  readonly autoRecover?: boolean | undefined;
  /** The first replica, or all, stand under leases of their own. */
  readonly lease?: { readonly ttlMs: number; readonly owner: string; readonly of?: 'first' | 'all' } | undefined;
}

export type SidecarRequest =
  | { readonly kind: 'sync'; readonly database: number; readonly timeoutMs: number }
  | { readonly kind: 'status'; readonly database: number }
  | { readonly kind: 'clock'; readonly offsetMs: number };

export type SidecarAnswer =
  | { readonly id: number; readonly value: Txid | DatabaseStatus | undefined }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string | undefined } };
