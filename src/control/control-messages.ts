/** What goes over the control socket: HTTP with JSON bodies, routes and fields as in Litestream; fields of ours come last. */

export const controlRoutes = {
  info: 'GET /info',
  list: 'GET /list',
  txid: 'GET /txid',
  register: 'POST /register',
  unregister: 'POST /unregister',
  start: 'POST /start',
  stop: 'POST /stop',
  sync: 'POST /sync',
} as const;

/** How long a request waits that names no time, in seconds. */
export const defaultTimeoutSeconds = 30;

export interface DatabaseRequest {
  readonly path: string;
  /** In seconds. */
  readonly timeout?: number | undefined;
}

export interface SyncRequest extends DatabaseRequest {
  /** Whether the answer waits for the replicas. */
  readonly wait?: boolean | undefined;
}

export interface RegisterRequest {
  readonly path: string;
  readonly replica_url: string;
}

export interface InfoAnswer {
  readonly version: string;
  readonly pid: number;
  readonly uptime_seconds: number;
  /** RFC 3339. */
  readonly started_at: string;
  readonly database_count: number;
}

export interface ListAnswer {
  readonly databases: readonly ListedDatabase[];
}

export interface ListedDatabase {
  readonly path: string;
  /** Litestream's `replicating` and `stopped`, also for parked databases; else the state. */
  readonly status: string;
  /** When the newest change was made that all replicas have, RFC 3339. */
  readonly last_sync_at?: string | undefined;
  readonly txid?: number | undefined;
  readonly error?: string | undefined;
  readonly replicas: readonly ListedReplica[];
}

export interface ListedReplica {
  readonly name: string;
  readonly url: string;
  readonly state: string;
  readonly txid?: number | undefined;
  readonly error?: string | undefined;
}

export interface TxidAnswer {
  readonly txid: number;
}

export interface RegisterAnswer {
  readonly status: 'registered' | 'already_registered';
  readonly path: string;
}

export interface UnregisterAnswer {
  readonly status: 'unregistered' | 'already_unregistered';
  readonly path: string;
  readonly txid: number;
}

export interface StartAnswer {
  readonly status: 'started' | 'already_running';
  readonly path: string;
  readonly txid: number;
}

export interface StopAnswer {
  readonly status: 'stopped' | 'already_stopped';
  readonly path: string;
  readonly txid: number;
}

export interface SyncAnswer {
  readonly status: 'no_change' | 'synced' | 'synced_local';
  readonly path: string;
  readonly txid: number;
  /** What the replica has that has least. */
  readonly replicated_txid: number;
}

export interface ErrorAnswer {
  readonly error: string;
  /** What can be done about it. */
  readonly details?: string | undefined;
}
