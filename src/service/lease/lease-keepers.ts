import { FileLeaseMemory } from '../../engine/lease/file-lease-memory.ts';
import { LeaseKeeper } from '../../engine/lease/lease-keeper.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { locationUrl } from '../../replica/replica-location.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ServiceError } from '../service-error.ts';
import { KeptLease } from './kept-lease.ts';
import type { LeaseDesk, LeaseRequest, OpenedLease } from './lease-desk.ts';
import type { LeaseStores } from './lease-stores.ts';

export interface LeaseKeeperServices {
  readonly stores: Pick<LeaseStores, 'open' | 'prove'>;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hostname: string;
  /** Which boot of which machine this is; undefined where that is not known. */
  readonly machine: () => Promise<string | undefined>;
}

interface KeptPlace {
  readonly store: LeaseStore;
  readonly lease: KeptLease;
}

interface SharedPlace {
  readonly opening: Promise<KeptPlace | undefined>;
  /** Those who wait for it included. */
  userCount: number;
}

/** Keeps the leases of all databases of a store of databases: one keeper a place, however many depend on it. */
export class LeaseKeepers implements LeaseDesk {
  readonly #services: LeaseKeeperServices;
  readonly #places = new Map<string, SharedPlace>();

  constructor(services: LeaseKeeperServices) {
    this.#services = services;
  }

  async open(request: LeaseRequest, options: CallOptions): Promise<OpenedLease | undefined> {
    const key = locationUrl(request.place);
    const place = this.#places.get(key) ?? { opening: this.#start(request, options), userCount: 0 };
    this.#places.set(key, place);
    place.userCount += 1;
    let kept: KeptPlace | undefined;
    try {
      kept = await place.opening;
    } finally {
      if (kept === undefined && this.#places.get(key) === place) this.#places.delete(key);
    }
    if (request.isLocked) kept?.lease.trustLocalLock(); // of several child processes one holds it
    return kept && this.#opened(key, place, kept);
  }

  async #start(request: LeaseRequest, options: CallOptions): Promise<KeptPlace | undefined> {
    const { stores, clock, hostname, durableFiles, machine: readMachine } = this.#services;
    const url = locationUrl(request.place);
    const logger = this.#services.logger.child(request.about);
    const proof = await stores.prove(request.place, options);
    if (proof !== 'proven') {
      const state = `the store does not keep the promise of conditional writes: ${proof.reason}`;
      if (request.whenUnproven === 'refuse') throw unproven(url, state);
      logger.warn('replicating without a lease: nothing keeps a second writer away', { lease: url, because: state });
      return undefined;
    }
    const machine = await readMachine();
    const store = stores.open(request.place);
    const memory = new FileLeaseMemory(request.statePath, { durableFiles });
    const { ttlMs, isLocked: holdsLocalLock, owner = `${hostname}:${process.pid}` } = request;
    const newKeeper = () =>
      new LeaseKeeper({ store, ttlMs, owner, hostname, memory, machine, holdsLocalLock }, { clock, logger });
    return { store, lease: KeptLease.start(newKeeper, { clock, logger: logger.child({ lease: store.url }) }) };
  }

  #opened(key: string, place: SharedPlace, { lease, store }: KeptPlace): OpenedLease {
    let isClosed = false;
    return {
      get state() {
        return lease.state;
      },
      get deadline() {
        return lease.deadline;
      },
      get heldSignal() {
        return lease.heldSignal;
      },
      mayWrite: () => !isClosed && lease.mayWrite(),
      onChange: (listener) => lease.onChange(listener),
      raiseAbove: (epoch, signal) => lease.raiseAbove(epoch, signal),
      noteTxid: (txid) => lease.noteTxid(txid),
      giveUp: () => {
        if (place.userCount === 1) lease.giveUp();
      },
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        place.userCount -= 1;
        if (place.userCount > 0) return;
        this.#places.delete(key);
        await lease.close();
        await store.close();
      },
    };
  }
}

function unproven(url: string, state: string): ServiceError {
  return new ServiceError('lease-unproven', `Cannot hold lease ${url}: ${state}`, {
    hint: 'set `lease.enabled: false` for this replica and make sure yourself that nobody else writes it',
  });
}
