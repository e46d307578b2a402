import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Logger } from '../../runtime/logger.ts';
import { TimeLimit } from '../../runtime/time-limit.ts';
import { asksForLeases, DatabaseLeases } from '../lease/database-leases.ts';
import { ServiceError } from '../service-error.ts';
import type { ShardServices } from './shard-services.ts';

/** How long the start of a database waits for a first word of its leases' stores. */
const firstLookMs = 10_000;

/** The leases of a hosted database, which outlast its attachments, and who stands in their way. */
export class HostedLeases {
  readonly #config: DatabaseConfig;
  readonly #services: ShardServices;
  #opened: DatabaseLeases | undefined;
  #stranger: string | undefined;

  constructor(config: DatabaseConfig, services: ShardServices) {
    this.#config = config;
    this.#services = services;
  }

  /** Whether there are leases that could not be asked about yet. */
  get areUnknown(): boolean {
    return this.#opened === undefined && asksForLeases(this.#config);
  }

  /** Why this host stands by for ever, if it does. */
  get stranger(): string | undefined {
    return this.#stranger;
  }

  get #logger(): Logger {
    return this.#services.logger.child({ db: this.#config.path });
  }

  async open(options: CallOptions): Promise<DatabaseLeases> {
    this.#opened ??= await DatabaseLeases.open(this.#config, this.#services, options);
    return this.#opened;
  }

  /** Leases that cannot be asked about now are asked about again; that a store cannot carry one is final. */
  async openIfAnswered(signal: AbortSignal): Promise<void> {
    try {
      using limit = new TimeLimit(firstLookMs, signal);
      await this.open({ signal: limit.signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServiceError && error.code === 'lease-unproven') throw error;
      this.#logger.warn('cannot ask for the lease, trying again', { error });
    }
  }

  /** A host that stands by for ever because another one has taken its place in a replica must say so. */
  async lookForStranger(options: CallOptions): Promise<void> {
    const stranger = await this.#opened?.stranger(options).catch(() => undefined); // asked again in a minute
    if (stranger !== undefined && stranger.because !== this.#stranger) {
      this.#logger.error('stands by for ever', { ...stranger });
    }
    this.#stranger = stranger?.because;
  }

  /** The database is parked: its leases stay held. */
  rest(): void {
    if (!asksForLeases(this.#config)) this.#opened = undefined;
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
