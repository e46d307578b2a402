import { DistinctDatabases } from '../../config/distinct-databases.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { SyncOptions } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { sumTraffic } from '../../replica/store-traffic.ts';
import type { TrafficCount } from '../../replica/traffic-count.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { ServiceError } from '../service-error.ts';
import type { DatabaseMetrics } from '../shard/database-metrics.ts';
import type { DatabaseWork } from '../shard/shard-protocol.ts';
import { sharedSignal } from '../shared-signal.ts';
import { type ConfigChange, type ConfiguredDatabases, configChange } from './config-change.ts';
import { byPath, withoutRepeats } from './database-lists.ts';
import { Directories } from './directories.ts';
import { Discovery } from './discovery.ts';
import { DistinctFiles } from './distinct-files.ts';
import { Reconfiguration, type ReconfiguredStore } from './reconfiguration.ts';
import { ShardPool } from './shard-pool.ts';
import { startEach } from './start-each.ts';
import { changesOf, type WatchOptions } from './status-changes.ts';
import type { StoreOptions } from './store-options.ts';
import { runReports } from './store-reports.ts';
import type { StoreServices } from './store-services.ts';
import { whenActive } from './when-active.ts';

/** A database that was stopped by itself, and where it stood then. */
interface HaltedDatabase {
  readonly config: DatabaseConfig;
  readonly status: DatabaseStatus;
}

/** Many databases, replicated by one tree of processes. Started once, stopped once. */
export class Store {
  readonly #options: StoreOptions;
  readonly #services: StoreServices;
  readonly #pool: ShardPool;
  /** Those that are configured by name, whatever has become of them. */
  #named: ReadonlyMap<string, DatabaseConfig>;
  readonly #databases = new Map<string, DatabaseConfig>();
  readonly #halted = new Map<string, HaltedDatabase>();
  readonly #files = new DistinctFiles();
  readonly #distinct: DistinctDatabases;
  readonly #changes = new Mutex();
  readonly #stopping = new AbortController();
  readonly #stop = sharedSignal(this.#stopping.signal);
  readonly #directories = new Directories((config) => this.#newDiscovery(config), this.#stop);
  #reporting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: StoreOptions, services: StoreServices) {
    this.#options = options;
    this.#services = services;
    this.#named = byPath(options.databases);
    this.#distinct = new DistinctDatabases(options.blame ?? 'conflict');
    this.#pool = new ShardPool(services.shardLimit, services.startShard);
  }

  /**
   * Finds the databases of the directories and begins to replicate. Resolves when what was to be restored is there. Rejects
   * with everything stopped when databases collide or one cannot be restored.
   */
  start(): Promise<void> {
    return this.#changes.run(() => this.#start());
  }

  async #start(): Promise<void> {
    this.#reporting = runReports(this, this.#options, this.#services, this.#stop);
    try {
      for (const database of this.#options.databases) this.#files.claim(database);
      const found: DatabaseConfig[] = [];
      for (const config of this.#options.directories ?? []) found.push(...(await this.#find(config)));
      const all = withoutRepeats([...this.#options.databases, ...found]);
      for (const database of all) this.#distinct.claim(database);
      await startEach(all, (database) => this.#place(database), this.#services);
    } catch (error) {
      this.#directories.close();
      await this.stop();
      throw error;
    }
    this.#directories.run();
  }

  /** The paths of all databases, also of those that `halt` has stopped. */
  get paths(): readonly string[] {
    return [...this.#databases.keys(), ...this.#halted.keys()];
  }

  /** What a database is replicated with; undefined when it is none of the store's. */
  config(path: string): DatabaseConfig | undefined {
    return this.#databases.get(path) ?? this.#halted.get(path)?.config;
  }

  /** All databases, ordered by path. */
  async status(): Promise<DatabaseStatus[]> {
    const parts = await Promise.all(this.#pool.hosts.map((host) => host.call('status', {})));
    const halted = [...this.#halted.values()].map(({ status }) => status);
    return [...parts.flat(), ...halted].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** What all databases are replicated with, also those that `halt` has stopped. */
  get configs(): readonly DatabaseConfig[] {
    return [...this.#databases.values(), ...[...this.#halted.values()].map(({ config }) => config)];
  }

  /** What is measured of each database that is not stopped. A process that broke down takes its counts with it. */
  async metrics(): Promise<DatabaseMetrics[]> {
    const parts = await Promise.all(this.#pool.hosts.map((host) => host.call('metrics', {}).catch(() => [])));
    return parts.flat();
  }

  /** What is under way and may take long. */
  async work(): Promise<DatabaseWork[]> {
    const parts = await Promise.all(this.#pool.hosts.map((host) => host.call('work', {}).catch(() => [])));
    return parts.flat();
  }

  /** The requests to stores so far, those for leases among them, by type and operation. A process that broke down takes its counts with it. */
  async traffic(): Promise<TrafficCount[]> {
    const parts = await Promise.all(this.#pool.hosts.map((host) => host.call('traffic', {})));
    return sumTraffic([...parts.flat(), ...this.#services.leaseTraffic()]);
  }

  /**
   * Resolves when no database waits for its lease, or to be restored under it: an application that was started before could
   * write to a database that belongs to another host. Rejects when the signal aborts.
   */
  active(options: CallOptions = {}): Promise<void> {
    return whenActive(() => this.status(), options, this.#services);
  }

  /** Yields all states, and again after each change, looking at every interval. Ends when the store stops. */
  watch({ intervalMs, signal }: WatchOptions = {}): AsyncGenerator<DatabaseStatus[]> {
    const ended = AbortSignal.any([this.#stop, ...(signal === undefined ? [] : [signal])]);
    return changesOf(() => this.status(), { intervalMs, signal: ended }, this.#services);
  }

  /** Resolves when everything committed so far is in a durable local file and, by default, on every replica that works. */
  async sync(path: string, options: SyncOptions = {}): Promise<Txid> {
    const { reach = 'replicas', ...call } = options;
    return this.#pool.of(path).call('sync', { path, reach }, call);
  }

  /** Compacts the replicas of a database as far as it is due, and does what is asked for. */
  async maintain(path: string, what: MaintenanceRequest, options: CallOptions = {}): Promise<void> {
    await this.#pool.of(path).call('maintain', { path, what }, options);
  }

  /** Begins to replicate one more database. Throws what `start` does. */
  async add(database: DatabaseConfig): Promise<void> {
    this.#distinct.claim(database);
    try {
      this.#files.claim(database);
    } catch (error) {
      this.#distinct.release(database.path);
      throw error;
    }
    await this.#place(database);
  }

  /** Ends the replication of one database after its last sync; resolves to where it stands then. */
  async remove(path: string): Promise<DatabaseStatus> {
    const halted = this.#halted.get(path);
    const status = halted?.status ?? (await this.#pool.of(path).call('remove', { path }));
    this.#forget(path);
    this.#options.onEvent?.({ kind: 'removed', path });
    return status;
  }

  /** As `remove`, but the database stays one of the store's, and `resume` begins to replicate it again. */
  halt(path: string): Promise<DatabaseStatus> {
    return this.#changes.run(async () => {
      const known = this.#halted.get(path);
      if (known !== undefined) return known.status;
      const status = await this.#pool.of(path).call('remove', { path });
      const config = this.#databases.get(path)!;
      this.#databases.delete(path);
      this.#pool.forget(path);
      this.#halted.set(path, { config, status });
      return status;
    });
  }

  /** Begins to replicate a database again that `halt` has stopped. Throws what `start` does; then it stays stopped. */
  resume(path: string): Promise<void> {
    return this.#changes.run(async () => {
      const halted = this.#halted.get(path);
      if (halted === undefined) return;
      this.#halted.delete(path);
      try {
        await this.#place(halted.config);
      } catch (error) {
        this.#distinct.claim(halted.config);
        this.#files.claim(halted.config);
        this.#halted.set(path, halted);
        throw error;
      }
    });
  }

  /**
   * Goes over to what is configured now; everything that is configured as before is left alone, and so is what `add` brought.
   * Throws ConfigError `conflict`, with nothing changed, when databases collide. A database that cannot begin is told to
   * the logger and does not keep the others.
   */
  configure(next: ConfiguredDatabases): Promise<ConfigChange> {
    return this.#changes.run(async () => {
      const before = { databases: [...this.#named.values()], directories: this.#directories.configs };
      const change = configChange(before, next);
      const named = byPath(next.databases);
      const reconfiguration = new Reconfiguration(change, named, this.#reconfigured());
      reconfiguration.refuseCollisions();
      this.#named = named;
      await reconfiguration.run();
      return change;
    });
  }

  /** Last syncs and uploads, then the end of everything. `signal` gives up on them. Idempotent. */
  stop(options: CallOptions = {}): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= this.#pool.stop(options).then(async () => {
      await Promise.all([this.#directories.settled(), this.#reporting]);
    });
    return this.#stopped;
  }

  #reconfigured(): ReconfiguredStore {
    return {
      configs: this.configs,
      directories: this.#directories,
      logger: this.#services.logger,
      has: (path) => this.config(path) !== undefined,
      find: (directory) => this.#find(directory),
      add: (database) => this.add(database),
      remove: (path) => this.remove(path),
    };
  }

  async #find(config: DirectoryConfig): Promise<DatabaseConfig[]> {
    const { discovery, found } = await this.#directories.open(config);
    return this.#withoutLinks(discovery, found);
  }

  #withoutLinks(discovery: Discovery, found: readonly DatabaseConfig[]): DatabaseConfig[] {
    return found.filter((database) => {
      try {
        this.#files.claim(database);
        return true;
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        discovery.passOverLink(database.path);
        return false;
      }
    });
  }

  async #place(database: DatabaseConfig): Promise<void> {
    const { path } = database;
    if (this.#stop.aborted) {
      throw new ServiceError('stopped', `Cannot replicate ${path}: the store is stopped`);
    }
    this.#databases.set(path, database);
    try {
      await this.#pool.place(path).call('add', { database }, { signal: this.#stop });
    } catch (error) {
      this.#forget(path);
      throw error;
    }
    this.#options.onEvent?.({ kind: 'added', path });
  }

  #forget(path: string): void {
    this.#databases.delete(path);
    this.#halted.delete(path);
    this.#files.release(path);
    this.#distinct.release(path);
    this.#pool.forget(path);
  }

  #newDiscovery(config: DirectoryConfig): Discovery {
    const { logger, clock } = this.#services;
    const isNamed = (path: string) => this.#named.has(path) || this.#halted.has(path);
    return new Discovery(config, {
      logger,
      clock,
      refusals: this.#services.refusals,
      inspect: (paths) => this.#pool.any().call('inspect', { paths }),
      add: (database) => (this.config(database.path) === undefined ? this.add(database) : Promise.resolve()),
      remove: async (path) => {
        if (!isNamed(path)) await this.remove(path);
      },
    });
  }
}
