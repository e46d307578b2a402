import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig, ReplicaConfig } from '../../config/normal-config.ts';
import type { DatabaseLease } from '../../engine/lease/database-lease.ts';
import { ViewedLease } from '../../engine/lease/viewed-lease.ts';
import { MetaDirectory } from '../../engine/meta/meta-directory.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { locationUrl, type ReplicaLocation } from '../../replica/replica-location.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DirectoryLocks } from './directory-locks.ts';
import { isLeased } from './is-leased.ts';
import type { LeaseDesk, LeaseRequest, OpenedLease } from './lease-desk.ts';
import type { LeaseStores } from './lease-stores.ts';
import { OwnLock } from './own-lock.ts';

export interface DatabaseLeasesServices {
  readonly leases: LeaseDesk;
  readonly leaseStores: LeaseStores;
  readonly directoryLocks: DirectoryLocks;
  readonly clock: Clock;
}

/** Another host that will never give its place back, with the name of the replica it has taken. */
export interface Stranger {
  readonly replica: string;
  readonly because: string;
}

interface ReplicaLease {
  readonly lease: OpenedLease;
  /** Where the lease is shared. */
  readonly shared: SharedPlace | undefined;
}

interface SharedPlace {
  readonly url: string;
  /** The way there from the database's own lock. */
  readonly at: string;
  readonly ownLock: OwnLock;
  /** The holder that is known to replicate this database; it need not be asked for again. */
  knownHolder: string | undefined;
}

/** The leases of one database: one for each of its replicas that stands under one, its own or that of its directory. */
export class DatabaseLeases {
  readonly #config: DatabaseConfig;
  readonly #services: DatabaseLeasesServices;
  readonly #leases = new Map<string, ReplicaLease>();
  #lockedPath: string | undefined;

  private constructor(config: DatabaseConfig, services: DatabaseLeasesServices) {
    this.#config = config;
    this.#services = services;
  }

  /** Throws what `LeaseDesk.open` does, with none left open. The database's local lock is held. */
  static async open(
    config: DatabaseConfig,
    services: DatabaseLeasesServices,
    options: CallOptions,
  ): Promise<DatabaseLeases> {
    const leases = new DatabaseLeases(config, services);
    try {
      for (const [i, replica] of config.replicas.entries()) {
        if (isLeased(config.lease, replica)) await leases.#open(replica, i, options);
      }
      return leases;
    } catch (error) {
      await leases.close();
      throw error;
    }
  }

  of(replicaName: string): DatabaseLease | undefined {
    const lease = this.#leases.get(replicaName)?.lease;
    return lease && new ViewedLease(lease, { giveUp: () => lease.giveUp() });
  }

  /** Makes the lock objects of the database point to the shared leases that are held. Throws what `OwnLock.point` does. */
  async claim(options: CallOptions): Promise<void> {
    for (const { lease, shared } of this.#leases.values()) {
      if (shared === undefined || lease.state.kind !== 'held') continue;
      const { epoch, owner } = lease.state;
      const before = await shared.ownLock.point({ at: shared.at, owner, hostname: hostname(), epoch }, options);
      if (before >= epoch) await lease.raiseAbove(before, options.signal);
    }
  }

  /**
   * What is wrong when another host holds a shared lease and does not know this database; undefined when nothing is. That
   * host replicates other databases to the same place.
   */
  async stranger(options: CallOptions): Promise<Stranger | undefined> {
    for (const [replica, { lease, shared }] of this.#leases) {
      if (shared === undefined || lease.state.kind !== 'standby' || lease.state.holder === undefined) continue;
      const { owner } = lease.state.holder;
      if (shared.knownHolder !== owner && (await shared.ownLock.pointsTo(options)) !== undefined) {
        shared.knownHolder = owner;
      }
      if (shared.knownHolder === owner) continue;
      const because = `${owner} holds the lease of ${shared.url} and does not replicate this database: give one of the two hosts another replica path`;
      return { replica, because };
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#leases.values()].map(async ({ lease, shared }) => {
        await lease.close();
        await shared?.ownLock.close();
      }),
    );
    if (this.#lockedPath !== undefined) this.#services.directoryLocks.release(this.#lockedPath);
    this.#lockedPath = undefined;
  }

  async #open(replica: ReplicaConfig, index: number, options: CallOptions): Promise<void> {
    const { leases, leaseStores, clock } = this.#services;
    const lease = await leases.open(await this.#request(replica, index), options);
    if (lease === undefined) return;
    const place = this.#config.sharedLease?.places[index];
    const shared = place && {
      url: locationUrl(place),
      at: wayUp(replica.location, place),
      ownLock: new OwnLock(leaseStores.openInTurn(replica.location), { clock }),
      knownHolder: undefined,
    };
    this.#leases.set(replica.name, { lease, shared });
  }

  async #request(replica: ReplicaConfig, index: number): Promise<LeaseRequest> {
    const { path: db, lease, metaPath, sharedLease } = this.#config;
    const common = {
      ttlMs: lease.ttlMs,
      owner: lease.owner,
      whenUnproven: lease.mode === 'on' ? ('refuse' as const) : ('go-without' as const),
    };
    if (sharedLease === undefined) {
      const statePath = new MetaDirectory(metaPath).leasePath(replica.name);
      const about = { db, replica: replica.name };
      return { ...common, about, place: replica.location, statePath, isLocked: true };
    }
    const { places, statePath: directory } = sharedLease;
    if (this.#lockedPath === undefined && (await this.#services.directoryLocks.hold(directory))) {
      this.#lockedPath = directory;
    }
    const statePath = join(directory, `lease-${encodeURIComponent(replica.name)}.json`);
    const about = { replica: replica.name };
    return { ...common, about, place: places[index]!, statePath, isLocked: this.#lockedPath !== undefined };
  }
}

/** From a location to one above it. */
function wayUp(from: ReplicaLocation, to: ReplicaLocation): string {
  const depth = ({ path }: ReplicaLocation) => path.split('/').filter((part) => part !== '').length;
  return new Array(depth(from) - depth(to)).fill('..').join('/');
}

/** Whether any replica of a database may stand under a lease. */
export function asksForLeases({ lease, replicas }: DatabaseConfig): boolean {
  return replicas.some((replica) => isLeased(lease, replica));
}
