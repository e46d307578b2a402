import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LeaseDesk } from '../lease/lease-desk.ts';
import { ServiceError } from '../service-error.ts';
import { sharedSignal } from '../shared-signal.ts';
import { ChildShard, type ChildShardOptions, type ShardEnd, shardEnded } from './child-shard.ts';
import type { ShardHost } from './shard-host.ts';
import type { ShardAnswer, ShardCallKind, ShardRequest } from './shard-protocol.ts';
import { waitingStatus } from './waiting-status.ts';

/** A process that lasted this long broke down for a new reason: it is started again at once. */
const steadyMs = 60_000;
const firstWaitMs = 100;
const waitLimitMs = 30_000;
/** How long a call waits for a process that works. */
const patienceMs = 10_000;

export interface SupervisorServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leases: LeaseDesk;
  /** A process broke down and another one has taken its databases over. */
  readonly onRestart?: ((paths: readonly string[]) => void) | undefined;
}

/** A shard in a process of its own that is started again, with its databases, whenever it breaks down. */
export class SupervisedShard implements ShardHost {
  readonly #options: ChildShardOptions;
  readonly #services: SupervisorServices;
  readonly #databases = new Map<string, DatabaseConfig>();
  readonly #backoff = new Backoff({ firstMs: firstWaitMs, limitMs: waitLimitMs });
  readonly #stopping = new AbortController();
  readonly #stopped = sharedSignal(this.#stopping.signal);
  #child: ChildShard | undefined;
  #startedAtMs = 0;
  #breakdown: ShardEnd | undefined;
  #restarting: Promise<void> | undefined;

  private constructor(options: ChildShardOptions, services: SupervisorServices) {
    this.#options = options;
    this.#services = services;
  }

  static start(options: ChildShardOptions, services: SupervisorServices): SupervisedShard {
    const shard = new SupervisedShard(options, services);
    shard.#startChild();
    return shard;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async call<Kind extends ShardCallKind>(
    kind: Kind,
    request: ShardRequest<Kind>,
    options: CallOptions = {},
  ): Promise<ShardAnswer<Kind>> {
    if (kind === 'status') return (await this.#status()) as ShardAnswer<Kind>;
    if (kind === 'add') return (await this.#add(request as ShardRequest<'add'>, options)) as ShardAnswer<Kind>;
    if (kind === 'remove') this.#databases.delete((request as ShardRequest<'remove'>).path);
    return (await this.#working(options)).call(kind, request, options);
  }

  async stop(options: CallOptions = {}): Promise<void> {
    this.#stopping.abort();
    await this.#child?.stop(options);
    await this.#restarting;
  }

  /** While there is no process to ask, every database of it waits. */
  async #status(): Promise<ShardAnswer<'status'>> {
    const known = this.#breakdown === undefined ? await this.#child!.call('status', {}).catch(nothingWhenEnded) : [];
    const answered = new Set(known.map(({ path }) => path));
    const missing = [...this.#databases.keys()].filter((path) => !answered.has(path));
    return [
      ...known,
      ...missing.map((path) => waitingStatus(path, `Cannot replicate ${path}: its process broke down`)),
    ];
  }

  /** Once accepted, a database is taken over by every later process, also when this one breaks down under the call. */
  async #add({ database }: ShardRequest<'add'>, options: CallOptions): Promise<undefined> {
    const child = await this.#working(options);
    if (this.#databases.has(database.path)) {
      throw new ServiceError('already-there', `Cannot add ${database.path}: it is replicated already`);
    }
    this.#databases.set(database.path, database);
    try {
      await child.call('add', { database }, options);
    } catch (error) {
      if (isShardEnded(error)) return undefined;
      this.#databases.delete(database.path);
      throw error;
    }
    return undefined;
  }

  async #working({ signal }: CallOptions): Promise<ChildShard> {
    if (this.#restarting !== undefined) {
      const ended = new AbortController();
      const either = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
      await Promise.race([this.#restarting, this.#services.clock.sleep(patienceMs, either)]);
      ended.abort();
      signal?.throwIfAborted();
    }
    if (this.#child === undefined || this.#breakdown !== undefined) throw shardEnded('use a shard');
    return this.#child;
  }

  #startChild(): void {
    this.#startedAtMs = this.#services.clock.monotonic();
    this.#child = ChildShard.start(this.#options, {
      logger: this.#services.logger,
      leases: this.#services.leases,
      onBreakdown: (end) => {
        this.#breakdown = end;
        this.#restarting ??= this.#restart().finally(() => {
          this.#restarting = undefined;
        });
      },
    });
  }

  /** Ends when a process has taken all databases over; one that breaks down meanwhile is followed by another. */
  async #restart(): Promise<void> {
    const { clock, logger, onRestart } = this.#services;
    while (this.#breakdown !== undefined && !this.#stopped.aborted) {
      if (clock.monotonic() - this.#startedAtMs > steadyMs) this.#backoff.reset();
      const waitMs = this.#backoff.next();
      const databases = this.#databases.size;
      logger.error('a process of the replication broke down, starting it again', {
        ...this.#breakdown,
        databases,
        waitMs,
      });
      await clock.sleep(waitMs, this.#stopped);
      if (this.#stopped.aborted) return;
      this.#breakdown = undefined;
      this.#startChild();
      await Promise.all([...this.#databases.values()].map((database) => this.#takeOver(this.#child!, database)));
    }
    onRestart?.([...this.#databases.keys()]);
  }

  /** A database that the new process cannot begin with, such as one to be restored, is tried again in the background. */
  async #takeOver(child: ChildShard, database: DatabaseConfig): Promise<void> {
    try {
      await child.call('add', { database });
    } catch (error) {
      if (isShardEnded(error) || this.#stopped.aborted) return;
      this.#services.logger.error('cannot take a database over, trying again', { db: database.path, error });
      void this.#services.clock.sleep(waitLimitMs, this.#stopped).then(() => {
        const isWanted = this.#databases.get(database.path) === database && this.#child === child;
        if (isWanted && !this.#stopped.aborted) return this.#takeOver(child, database);
        return undefined;
      });
    }
  }
}

function isShardEnded(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'shard-ended';
}

function nothingWhenEnded(error: unknown): ShardAnswer<'status'> {
  if (isShardEnded(error)) return [];
  throw error;
}
