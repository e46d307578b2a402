import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { DatabaseLock } from '../../engine/database-lock.ts';
import { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { NamedClient } from '../../engine/replicator/replica-heads.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { openReplica } from '../../replica/open-replica.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { holdDatabase } from '../hold-database.ts';
import { ServiceError } from '../service-error.ts';
import type { DatabaseWatch } from '../watch/directory-watch.ts';
import { engineSettings } from './engine-settings.ts';
import { restoreIfMissing } from './restore-if-missing.ts';
import type { ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';
import { syncWhenAttached } from './sync-when-attached.ts';

/** One database of a shard: its replicas' clients, its watch, and the engine that replicates it. */
export class HostedDatabase {
  readonly config: DatabaseConfig;
  readonly #settings: ShardSettings;
  readonly #services: ShardServices;
  readonly #stopping = new AbortController();
  #replicas: readonly NamedClient[] = [];
  #watch: DatabaseWatch | undefined;
  #replicator: DatabaseReplicator | undefined;
  #failure: Error | undefined;
  #lock: DatabaseLock | undefined;
  #starting: Promise<void> = Promise.resolve();
  #ended: Promise<void> | undefined;

  constructor(config: DatabaseConfig, settings: ShardSettings, services: ShardServices) {
    this.config = config;
    this.#settings = settings;
    this.#services = services;
  }

  /** Opens the replicas, restores the database if that was asked for and it is missing, and begins to replicate. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#replicas = this.config.replicas.map((replica) => ({
      name: replica.name,
      client: openReplica(replica.location, this.#services),
    }));
    const { signal } = this.#stopping;
    try {
      await this.#hold('refuse-holder-only');
      if (this.config.restoreIfDbNotExists) {
        await restoreIfMissing(this.config, this.#replicas, this.#services, { signal });
      }
      signal.throwIfAborted();
    } catch (error) {
      await this.#close();
      throw error;
    }
    const { path, monitorIntervalMs: pollMs } = this.config;
    this.#watch = this.#services.watch.add({ path, pollMs, notify: () => this.#replicator?.notify() });
    this.#ended = this.#run(signal);
  }

  status(): DatabaseStatus {
    const status = this.#replicator?.status() ?? waitingStatus(this.config.path);
    return this.#failure === undefined ? status : { ...status, state: 'waiting', error: this.#failure.message };
  }

  /** See `syncWhenAttached`. */
  sync(options: CallOptions): Promise<Txid> {
    return syncWhenAttached(this.config.path, () => this.#replicator, this.#services.clock, options);
  }

  /** Compares what the kernel has with the locks the database relies on. */
  inspect(): void {
    this.#replicator?.inspect();
  }

  /** Resolves after the last sync, with everything closed. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting.catch(() => {});
    await this.#ended;
    await this.#close();
  }

  /** The engine handles what can go wrong with a database; what comes out of it is a mistake in it, and it starts over. */
  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
    while (!signal.aborted) {
      this.#replicator = this.#newReplicator();
      try {
        await this.#hold('refuse');
        this.#failure = undefined;
        await this.#replicator.run(signal);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#services.logger.error('cannot replicate, starting over', { db: this.config.path, error });
        this.#watch?.resume();
        await this.#services.clock.sleep(backoff.next(), signal);
      }
    }
    this.#watch?.close();
  }

  #newReplicator(): DatabaseReplicator {
    return new DatabaseReplicator(
      {
        settings: engineSettings(this.config, this.#settings),
        replicas: this.#replicas,
        watched: this.#watch !== undefined,
        shutdown: this.#settings.shutdown,
        onBusy: (busy) => {
          if (busy) this.#watch?.pause();
          else this.#watch?.resume();
        },
      },
      this.#services,
    );
  }

  /**
   * Takes the lock that keeps other processes away, unless it is held. Another process is refused to at the start; a meta
   * directory that cannot be written may become writable.
   */
  async #hold(failures: 'refuse' | 'refuse-holder-only'): Promise<void> {
    try {
      this.#lock ??= await holdDatabase('replicate', this.config, this.#services);
    } catch (error) {
      if (failures === 'refuse' || (error instanceof ServiceError && error.code === 'in-use')) throw error;
    }
  }

  async #close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ client }) => client.close()));
    await this.#lock?.release();
    this.#lock = undefined;
  }
}

/** A database about which nothing is known yet. */
export function waitingStatus(path: string, error?: string): DatabaseStatus {
  const nothing = { txid: undefined, timestampMs: undefined, idle: false, readerInTheWay: false };
  return { path, state: 'waiting', ...nothing, error, replicas: [] };
}
