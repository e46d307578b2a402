import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { DatabaseLock } from '../../engine/database-lock.ts';
import type { NamedClient } from '../../engine/replicator/replica-heads.ts';
import { openReplica } from '../../replica/open-replica.ts';
import { holdDatabase } from '../hold-database.ts';
import { ServiceError } from '../service-error.ts';
import type { ShardServices } from './shard-services.ts';

/** What a shard holds of a database that is attached, or about to be: its lock and the clients of its replicas. */
export class HeldDatabase {
  readonly #config: DatabaseConfig;
  readonly #services: ShardServices;
  #replicas: readonly NamedClient[] = [];
  #lock: DatabaseLock | undefined;

  constructor(config: DatabaseConfig, services: ShardServices) {
    this.#config = config;
    this.#services = services;
  }

  get isLocked(): boolean {
    return this.#lock !== undefined;
  }

  /** The clients of its replicas, opened on first use. */
  get replicas(): readonly NamedClient[] {
    if (this.#replicas.length === 0) {
      this.#replicas = this.#config.replicas.map(({ name, autoRecover, location }) => {
        const logger = this.#services.logger.child({ db: this.#config.path, replica: name });
        return { name, autoRecover, client: openReplica(location, { ...this.#services, logger }) };
      });
    }
    return this.#replicas;
  }

  /**
   * Takes the lock that keeps other processes away, unless it is held. Another process is refused to at the start; a meta
   * directory that cannot be written may become writable.
   */
  async lock(failures: 'refuse' | 'refuse-holder-only'): Promise<void> {
    try {
      this.#lock ??= await holdDatabase('replicate', this.#config, this.#services);
    } catch (error) {
      if (failures === 'refuse' || (error instanceof ServiceError && error.code === 'in-use')) throw error;
    }
  }

  /** Closes everything; it can be held again. Idempotent. */
  async letGo(): Promise<void> {
    await Promise.all(this.#replicas.map(({ client }) => client.close()));
    this.#replicas = [];
    await this.#lock?.release();
    this.#lock = undefined;
  }
}
