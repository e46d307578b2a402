import { resolve } from 'node:path';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { TrafficCount } from '../../replica/traffic-count.ts';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import { type Logger, type LogLevel, silentLogger } from '../../runtime/logger.ts';
import { sharedSignal } from '../shared-signal.ts';
import { openStore } from '../store/open-store.ts';
import type { Store as ShardedStore } from '../store/store.ts';
import { defaultShutdown, type StoreEvent } from '../store/store-options.ts';
import { type DatabaseOptions, databaseConfig } from './database-options.ts';

export interface StoreOptions {
  readonly databases: readonly DatabaseOptions[];
  /** How many child processes share the databases. Default 1. */
  readonly workers?: number | undefined;
  /** The most requests to stores per second, but for short bursts; 0: no ceiling. Default 30. */
  readonly storeCallsPerSecond?: number | undefined;
  /** After how long without a change a database is parked until the next one: nothing of it stays open. 0, the default: never. */
  readonly parkAfterMs?: number | undefined;
  /** How many databases of a process start, or stop, at a time; one that takes long does not count. Default 16. */
  readonly databasesAtOnce?: number | undefined;
  /** Go on with local databases although their replicas hold another lineage. Default false. */
  readonly adopt?: boolean | undefined;
  /** How long `close` tries to ship what is left; 0: one try. Default 30,000. */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Databases that come and go, and child processes that broke down and were started again. */
  readonly onEvent?: ((event: StoreEvent) => void) | undefined;
  /** Default: says nothing. */
  readonly logger?: Logger | undefined;
  /** Lines of the child processes below it are not sent to the logger. Default `info`. */
  readonly logLevel?: LogLevel | undefined;
  /** Gives up opening, such as a restore that takes long. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Replicates databases until it is closed, in child processes that it starts, starts again when they break down, and stops.
 * They also stop, after last syncs, when this process ends in whatever way. No file of a database is opened in this process,
 * so everything else in it may open, read and close them. An open store keeps the process alive.
 */
export class Store implements AsyncDisposable {
  readonly #store: ShardedStore;

  /**
   * Resolves when what was to be restored is there; replication runs on. Rejects with everything stopped: ConfigError
   * `conflict` when databases collide, ServiceError, ReplicaError.
   */
  static async open({ databases, onEvent, logger = silentLogger, signal, ...rest }: StoreOptions): Promise<Store> {
    signal?.throwIfAborted();
    const {
      workers,
      storeCallsPerSecond,
      parkAfterMs,
      databasesAtOnce,
      adopt,
      logLevel,
      shutdownTimeoutMs = defaultShutdown.timeoutMs,
    } = rest;
    const store = openStore(
      {
        databases: databases.map(databaseConfig),
        isolation: 'process',
        workers,
        storeCallsPerSecond,
        parkAfterMs,
        databasesAtOnce,
        adopt,
        logLevel,
        shutdown: { ...defaultShutdown, timeoutMs: shutdownTimeoutMs },
        // What the caller's function throws must not end the supervision.
        onEvent: onEvent === undefined ? undefined : (event) => queueMicrotask(() => onEvent(event)),
      },
      { logger },
    );
    const giveUp = () => void store.stop({ signal: AbortSignal.abort() });
    signal?.addEventListener('abort', giveUp);
    try {
      await store.start();
      signal?.throwIfAborted();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
    return new Store(store);
  }

  private constructor(store: ShardedStore) {
    this.#store = store;
  }

  /** The absolute paths of all databases. */
  get paths(): readonly string[] {
    return this.#store.paths;
  }

  /** Begins to replicate one more database. Throws what `open` does. */
  async add(database: DatabaseOptions): Promise<void> {
    await this.#store.add(databaseConfig(database));
  }

  /** Ends the replication of one database after its last sync. */
  async remove(path: string): Promise<void> {
    await this.#store.remove(resolve(path));
  }

  /** Resolves to the newest TXID when everything committed before the call is on every replica that works. */
  async sync(path: string, { signal }: CallOptions = {}): Promise<Txid> {
    using linked = LinkedSignal.of(signal);
    return await this.#store.sync(resolve(path), { signal: linked.signal });
  }

  /** All databases, ordered by path: how far each one is copied, and what is wrong. */
  async status(): Promise<DatabaseStatus[]> {
    return this.#store.status();
  }

  /** The requests to stores so far, those for leases among them, by type and operation. */
  async traffic(): Promise<TrafficCount[]> {
    return this.#store.traffic();
  }

  /** Yields all states, and again after each change, looking at every interval. Ends when the store is closed. */
  watch(options: CallOptions & { readonly intervalMs?: number } = {}): AsyncGenerator<DatabaseStatus[]> {
    return this.#store.watch(options);
  }

  /** Last syncs and uploads, then the end of the child processes. `signal` gives up on the former. Idempotent. */
  async close({ signal }: CallOptions = {}): Promise<void> {
    await this.#store.stop({ signal: signal === undefined ? undefined : sharedSignal(signal) });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
