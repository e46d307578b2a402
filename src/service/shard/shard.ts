import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { SyncOptions } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { TrafficCount } from '../../replica/traffic-count.ts';
import { Turn } from '../../runtime/turn.ts';
import { inspectFoundDatabase } from '../../sqlite/inspect-database.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import { requireSqlite } from '../require-sqlite.ts';
import { ServiceError } from '../service-error.ts';
import { type DatabaseMetrics, databaseMetrics } from './database-metrics.ts';
import { HostedDatabase } from './hosted-database.ts';
import type { DatabaseWork, Inspection, ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';

const sweepMs = 60_000;
/** The locks of a part of the databases are looked at so often: of all at once would hold up the others. */
const locksMs = 10_000;
const lockParts = 30;

/**
 * The whole engine for a set of databases, in one process: one shard a process, because locks belong to the process.
 * It knows nothing of other shards.
 */
export class Shard {
  readonly #settings: ShardSettings;
  readonly #services: ShardServices;
  readonly #databases = new Map<string, HostedDatabase>();
  #sweeping: NodeJS.Timeout | undefined;
  #lockLooks: NodeJS.Timeout | undefined;
  /** Whose locks are looked at next, by its place among the databases. */
  #nextLocked = 0;
  #isStopped = false;

  constructor(settings: ShardSettings, services: ShardServices) {
    this.#settings = settings;
    this.#services = services;
  }

  /** Resolves when the database is there, restored if need be; its replication runs on. */
  async add(config: DatabaseConfig): Promise<void> {
    if (this.#isStopped) throw new ServiceError('stopped', `Cannot add ${config.path}: the shard is stopped`);
    if (this.#databases.has(config.path)) {
      throw new ServiceError('already-there', `Cannot add ${config.path}: it is replicated already`);
    }
    const database = new HostedDatabase(config, this.#settings, this.#services);
    this.#databases.set(config.path, database);
    // Timers for all, and what keeps a process of idle databases alive.
    this.#sweeping ??= setInterval(() => this.sweep(), sweepMs);
    this.#lockLooks ??= setInterval(() => this.inspectLocks(), locksMs);
    try {
      await requireSqlite();
      await this.#services.starting.run(undefined, () => database.start());
    } catch (error) {
      this.#databases.delete(config.path);
      throw error;
    }
  }

  /** Resolves after the last sync of the database, with where it stands then. */
  async remove(path: string): Promise<DatabaseStatus> {
    const database = this.#database(path);
    await database.stop();
    this.#databases.delete(path);
    return database.status();
  }

  /** What files are that may be databases; one that is attached is never opened. */
  async inspect(paths: readonly string[]): Promise<Inspection[]> {
    const turn = new Turn();
    const found: Inspection[] = [];
    for (const path of paths) {
      found.push(this.#inspect(path));
      await turn.share();
    }
    return found;
  }

  status(): DatabaseStatus[] {
    return [...this.#databases.values()].map((database) => database.status());
  }

  /** What is measured of each database. */
  async metrics(): Promise<DatabaseMetrics[]> {
    const turn = new Turn();
    const metrics: DatabaseMetrics[] = [];
    for (const database of this.#databases.values()) {
      metrics.push(databaseMetrics(database.config.path, database.counters));
      await turn.share();
    }
    return metrics;
  }

  /** What is under way and may take long. */
  work(): DatabaseWork[] {
    return [...this.#services.atWork].flatMap(({ config: { path }, counters }) =>
      counters.work.status().map((status) => ({ path, ...status })),
    );
  }

  /** The requests to stores so far. */
  traffic(): TrafficCount[] {
    return this.#services.traffic.snapshot();
  }

  /** Resolves when everything committed so far is as far as `reach` says. */
  async sync(path: string, options: SyncOptions = {}): Promise<Txid> {
    return this.#database(path).sync(options);
  }

  /** Compacts the replicas of a database as far as it is due, and does what is asked for. */
  async maintain(path: string, request: MaintenanceRequest, options: CallOptions = {}): Promise<void> {
    await this.#database(path).maintain(request, options);
  }

  /** Last syncs, then the end of everything. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const database of this.#databases.values()) database.announceStop();
    this.#services.leftovers.close();
    const stop = (database: HostedDatabase) => this.#services.stopping.run(undefined, () => database.stop());
    await Promise.all([...this.#databases.values()].map(stop));
    this.#services.attachments.close();
    clearInterval(this.#sweeping);
    clearInterval(this.#lockLooks);
  }

  /** Looks for what no event tells: directories that were moved, hosts that stand by for ever. Runs once a minute. */
  sweep(): void {
    this.#services.watch.check();
    for (const database of this.#databases.values()) database.inspectStandby();
  }

  /** Looks for locks that went away, of the next part of the databases. */
  inspectLocks(): void {
    const databases = [...this.#databases.values()];
    for (let left = Math.ceil(databases.length / lockParts); left > 0; left--) {
      this.#nextLocked %= databases.length;
      databases[this.#nextLocked++]!.inspect();
    }
  }

  #inspect(path: string): Inspection {
    try {
      return inspectFoundDatabase(path, this.#services.attached);
    } catch (error) {
      if (error instanceof LiveError) return error.code === 'attached' ? 'attached' : 'unreadable';
      throw error;
    }
  }

  #database(path: string): HostedDatabase {
    const database = this.#databases.get(path);
    if (database !== undefined) return database;
    throw new ServiceError('unknown-database', `Cannot find ${path}: it is not replicated`);
  }
}
