import type { DatabaseConfig, ReplicaConfig } from '../../config/normal-config.ts';
import type { DatabaseLease } from '../../engine/lease/database-lease.ts';
import { ViewedLease } from '../../engine/lease/viewed-lease.ts';
import { MetaDirectory } from '../../engine/meta/meta-directory.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { LeaseDesk, LeaseRequest, OpenedLease } from './lease-desk.ts';

/** The leases of one database: one for each of its replicas that stands under one. */
export class DatabaseLeases {
  readonly #opened: ReadonlyMap<string, OpenedLease>;

  private constructor(opened: ReadonlyMap<string, OpenedLease>) {
    this.#opened = opened;
  }

  /** Throws what `LeaseDesk.open` does, with none left open. `isLocked`: whether the database's local lock is held. */
  static async open(
    config: DatabaseConfig,
    desk: LeaseDesk,
    options: CallOptions & { readonly isLocked: boolean },
  ): Promise<DatabaseLeases> {
    const opened = new Map<string, OpenedLease>();
    try {
      for (const replica of config.replicas) {
        const request = leaseRequest(config, replica, options);
        const lease = request && (await desk.open(request, options));
        if (lease !== undefined) opened.set(replica.name, lease);
      }
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
    return new DatabaseLeases(opened);
  }

  of(replicaName: string): DatabaseLease | undefined {
    const opened = this.#opened.get(replicaName);
    return opened && new ViewedLease(opened, { giveUp: () => opened.giveUp() });
  }

  close(): Promise<void> {
    return closeAll(this.#opened);
  }
}

/** Whether any replica of a database may stand under a lease. */
export function asksForLeases({ lease, replicas }: DatabaseConfig): boolean {
  return replicas.some((replica) => isLeased(lease, replica));
}

function leaseRequest(
  { lease, metaPath }: DatabaseConfig,
  replica: ReplicaConfig,
  { isLocked }: { readonly isLocked: boolean },
): LeaseRequest | undefined {
  if (!isLeased(lease, replica)) return undefined;
  return {
    place: replica.location,
    ttlMs: lease.ttlMs,
    owner: lease.owner,
    statePath: new MetaDirectory(metaPath).leasePath(replica.name),
    isLocked,
    whenUnproven: lease.mode === 'on' ? 'refuse' : 'go-without',
  };
}

/** By default leases are for stores that several machines reach. */
function isLeased({ mode }: DatabaseConfig['lease'], { location }: ReplicaConfig): boolean {
  return mode === 'on' || (mode === 'auto' && location.type !== 'file');
}

async function closeAll(opened: ReadonlyMap<string, OpenedLease>): Promise<void> {
  await Promise.all([...opened.values()].map((lease) => lease.close()));
}
