import { LeaseKeeper } from '../../../src/engine/lease/lease-keeper.ts';
import { type MemoryLeaseObject, MemoryLeaseStore } from '../../../src/replica/memory/memory-lease-store.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { KeptLease } from '../../../src/service/lease/kept-lease.ts';
import type { LeaseDesk, LeaseRequest } from '../../../src/service/lease/lease-desk.ts';
import type { FromLeaseKeepers } from '../../../src/service/lease/lease-messages.ts';
import { RemoteLeases } from '../../../src/service/lease/remote-leases.ts';
import { ServedLeases } from '../../../src/service/lease/served-leases.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';

export const ttlMs = 30_000;
export const marginMs = 5_000;

export const request: LeaseRequest = {
  place: { type: 'file', path: '/nowhere' },
  about: { db: '/nowhere.db', replica: 'file' },
  ttlMs,
  owner: 'shard',
  statePath: '/nowhere/lease.json',
  isLocked: true,
  whenUnproven: 'refuse',
};

/** A shard and the process that keeps its leases, with a channel between them; every lease is over one object in memory. */
export class LeaseChannel {
  readonly clock = new SteppedClock();
  readonly object: MemoryLeaseObject = { bytes: undefined, writes: 0 };
  readonly remote: RemoteLeases;
  readonly served: ServedLeases;
  readonly #heldBack: FromLeaseKeepers[] = [];
  #isHoldingBack = false;

  constructor(desk?: LeaseDesk) {
    const here: LeaseDesk = desk ?? { open: async () => this.keep('shard') };
    this.served = new ServedLeases(here, (message) => this.#toShard(message));
    const send = (message: Parameters<ServedLeases['take']>[0]) => {
      const sent = structuredClone(message);
      queueMicrotask(() => this.served.take(sent));
    };
    this.remote = new RemoteLeases(send, { clock: this.clock });
  }

  keep(owner: string): KeptLease {
    const services = { clock: this.clock, logger: silentLogger };
    const newKeeper = () =>
      new LeaseKeeper({ store: new MemoryLeaseStore({ object: this.object }), ttlMs, owner }, services);
    return KeptLease.start(newKeeper, services);
  }

  /** What goes to the shard stays on its way, in order. */
  holdBack(): void {
    this.#isHoldingBack = true;
  }

  async letThrough(): Promise<void> {
    this.#isHoldingBack = false;
    for (const message of this.#heldBack.splice(0)) this.#toShard(message);
    await this.clock.advance(0);
  }

  #toShard(message: FromLeaseKeepers): void {
    const sent = structuredClone(message);
    if (this.#isHoldingBack) this.#heldBack.push(sent);
    else queueMicrotask(() => this.remote.take(sent));
  }
}
