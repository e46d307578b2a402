import { DistinctDatabases } from '../../config/distinct-databases.ts';
import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { sumTraffic, type TrafficCount } from '../../replica/store-traffic.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ServiceError } from '../service-error.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import { sharedSignal } from '../shared-signal.ts';
import type { RefusedWatches } from '../watch/refused-watches.ts';
import { Discovery } from './discovery.ts';
import { DistinctFiles } from './distinct-files.ts';
import { ShardPool } from './shard-pool.ts';
import type { StoreOptions } from './store-options.ts';
import { TrafficReport } from './traffic-report.ts';

export interface StoreServices {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Starts a shard in this process or another; see `openStore`. */
  readonly startShard: () => ShardHost;
  /** How many shards there may be. */
  readonly shardLimit: number;
  /** The requests for leases, which this process makes for all shards. */
  readonly leaseTraffic: () => readonly TrafficCount[];
  /** Of this process. */
  readonly refusals: RefusedWatches;
}

const activeLookMs = 50;

/** Many databases, replicated by one tree of processes. Started once, stopped once. */
export class Store {
  readonly #options: StoreOptions;
  readonly #services: StoreServices;
  readonly #pool: ShardPool;
  readonly #databases = new Map<string, DatabaseConfig>();
  readonly #files = new DistinctFiles();
  readonly #distinct: DistinctDatabases;
  readonly #stopping = new AbortController();
  readonly #stop = sharedSignal(this.#stopping.signal);
  #discoveries: readonly Discovery[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: StoreOptions, services: StoreServices) {
    this.#options = options;
    this.#services = services;
    this.#distinct = new DistinctDatabases(options.blame ?? 'conflict');
    this.#pool = new ShardPool(services.shardLimit, services.startShard);
  }

  /**
   * Finds the databases of the directories and begins to replicate. Resolves when what was to be restored is there. Rejects
   * with everything stopped when databases collide or one cannot be restored.
   */
  async start(): Promise<void> {
    try {
      for (const database of this.#options.databases) this.#files.claim(database);
      this.#discoveries = (this.#options.directories ?? []).map((config) => this.#newDiscovery(config));
      const found: DatabaseConfig[] = [];
      for (const discovery of this.#discoveries) found.push(...this.#withoutLinks(discovery, await discovery.scan()));
      const all = withoutRepeats([...this.#options.databases, ...found]);
      for (const database of all) this.#distinct.claim(database);
      await Promise.all(all.map((database) => this.#place(database)));
    } catch (error) {
      for (const discovery of this.#discoveries) discovery.close();
      await this.stop();
      throw error;
    }
    const report = new TrafficReport(() => this.traffic(), this.#services);
    const discoveries = this.#discoveries.map((discovery) => discovery.run(this.#stop));
    this.#running = Promise.all([...discoveries, report.run(this.#stop)]);
  }

  /** The paths of all databases. */
  get paths(): readonly string[] {
    return [...this.#databases.keys()];
  }

  /** All databases, ordered by path. */
  async status(): Promise<DatabaseStatus[]> {
    const parts = await Promise.all(this.#pool.hosts.map((host) => host.call('status', {})));
    return parts.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
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
  async active({ signal }: CallOptions = {}): Promise<void> {
    const isPending = ({ state, lease }: DatabaseStatus) =>
      lease !== undefined && (state === 'standby' || state === 'attaching');
    while ((await this.status()).some(isPending)) {
      await this.#services.clock.sleep(activeLookMs, signal);
      signal?.throwIfAborted();
    }
  }

  /** Yields all states, and again after each change, looking at every interval. Ends when the store stops. */
  async *watch({
    intervalMs = 1_000,
    signal,
  }: CallOptions & { readonly intervalMs?: number } = {}): AsyncGenerator<DatabaseStatus[]> {
    const ended = AbortSignal.any([this.#stop, ...(signal === undefined ? [] : [signal])]);
    let before = '';
    while (!ended.aborted) {
      const status = await this.status();
      const text = JSON.stringify(status, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
      if (text !== before) yield status;
      before = text;
      await this.#services.clock.sleep(intervalMs, ended);
    }
  }

  /** Resolves when everything committed so far is on every replica that works. */
  async sync(path: string, options: CallOptions = {}): Promise<Txid> {
    return this.#pool.of(path).call('sync', { path }, options);
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

  /** Ends the replication of one database after its last sync. */
  async remove(path: string): Promise<void> {
    await this.#pool.of(path).call('remove', { path });
    this.#forget(path);
    this.#options.onEvent?.({ kind: 'removed', path });
  }

  /** Last syncs and uploads, then the end of everything. `signal` gives up on them. Idempotent. */
  stop(options: CallOptions = {}): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= this.#pool.stop(options).then(async () => {
      await this.#running;
    });
    return this.#stopped;
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
    this.#files.release(path);
    this.#distinct.release(path);
    this.#pool.forget(path);
  }

  #newDiscovery(config: ConstructorParameters<typeof Discovery>[0]): Discovery {
    const { logger, clock } = this.#services;
    const named = new Set(this.#options.databases.map(({ path }) => path));
    return new Discovery(config, {
      logger,
      clock,
      refusals: this.#services.refusals,
      inspect: (paths) => this.#pool.any().call('inspect', { paths }),
      add: (database) => (this.#databases.has(database.path) ? Promise.resolve() : this.add(database)),
      remove: (path) => (named.has(path) ? Promise.resolve() : this.remove(path)),
    });
  }
}

/** A database that is named and found, or found twice, with the same replicas is one. */
function withoutRepeats(databases: readonly DatabaseConfig[]): DatabaseConfig[] {
  const byPlace = new Map<string, DatabaseConfig>();
  for (const database of databases) {
    const place = [database.path, ...database.replicas.map(({ url }) => url)].join('\0');
    if (!byPlace.has(place)) byPlace.set(place, database);
  }
  return [...byPlace.values()];
}
