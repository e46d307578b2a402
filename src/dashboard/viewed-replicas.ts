import type { DatabaseConfig, ReplicaConfig } from '../config/normal-config.ts';
import type { Clock } from '../runtime/clock.ts';
import { DurableFiles } from '../runtime/durable-files.ts';
import type { Logger } from '../runtime/logger.ts';
import { openReplicas } from '../service/named-replicas.ts';
import { DashboardError } from './dashboard-error.ts';
import { ViewedReplica } from './viewed-replica.ts';

/** So many stay open: what was listed and read of them serves the next look. */
const openCount = 8;

/** The replicas that somebody looks at. */
export class ViewedReplicas {
  readonly #configOf: (path: string) => DatabaseConfig | undefined;
  readonly #services: { readonly clock: Clock; readonly logger: Logger };
  /** The one that was looked at longest ago comes first. */
  readonly #open = new Map<string, ViewedReplica>();

  constructor(
    configOf: (path: string) => DatabaseConfig | undefined,
    services: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#configOf = configOf;
    this.#services = services;
  }

  /** The configuration of a database and of one of its replicas. Throws DashboardError `unknown`. */
  config(db: string, replica: string) {
    const database = this.#configOf(db);
    if (database === undefined) throw new DashboardError('unknown', `Cannot show ${db}: it is not replicated`);
    const found = database.replicas.find(({ name }) => name === replica);
    if (found !== undefined) return { database, replica: found };
    throw new DashboardError('unknown', `Cannot show replica ${replica} of ${db}: there is none of that name`);
  }

  /** Throws DashboardError `unknown`. */
  get(db: string, replica: string): ViewedReplica {
    const { replica: config } = this.config(db, replica);
    const key = JSON.stringify([db, config.location]);
    const known = this.#open.get(key);
    this.#open.delete(key);
    const viewed = known ?? this.#newlyOpened(db, config);
    this.#open.set(key, viewed);
    const [oldestKey, oldest] = [...this.#open][0]!;
    if (this.#open.size > openCount) {
      this.#open.delete(oldestKey);
      void oldest.close();
    }
    return viewed;
  }

  #newlyOpened(db: string, config: ReplicaConfig): ViewedReplica {
    const services = { durableFiles: new DurableFiles(), logger: this.#services.logger.child({ db }) };
    const [opened] = openReplicas([config], services);
    return new ViewedReplica(config.name, opened!.client, this.#services);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((viewed) => viewed.close()));
    this.#open.clear();
  }
}
