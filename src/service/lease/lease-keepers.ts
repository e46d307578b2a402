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
  readonly stores: LeaseStores;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hostname: string;
  /** Which boot of which machine this is; undefined where that is not known. */
  readonly machine: () => Promise<string | undefined>;
}

interface SharedKeeper {
  readonly store: LeaseStore;
  readonly lease: KeptLease;
  userCount: number;
}

/** Keeps the leases of all databases of a store of databases: one keeper a place, however many depend on it. */
export class LeaseKeepers implements LeaseDesk {
  readonly #services: LeaseKeeperServices;
  readonly #keepers = new Map<string, Promise<SharedKeeper | undefined>>();

  constructor(services: LeaseKeeperServices) {
    this.#services = services;
  }

  async open(request: LeaseRequest, options: CallOptions): Promise<OpenedLease | undefined> {
    const key = locationUrl(request.place);
    const opening = this.#keepers.get(key) ?? this.#start(request, options);
    this.#keepers.set(key, opening);
    try {
      const keeper = await opening;
      if (keeper === undefined) this.#keepers.delete(key);
      else keeper.userCount += 1;
      return keeper && this.#opened(key, keeper);
    } catch (error) {
      this.#keepers.delete(key);
      throw error;
    }
  }

  async #start(request: LeaseRequest, options: CallOptions): Promise<SharedKeeper | undefined> {
    const { stores, clock, hostname, durableFiles, machine: readMachine } = this.#services;
    const url = locationUrl(request.place);
    const { logger } = this.#services;
    const proof = await stores.prove(request.place, options);
    if (proof !== 'proven') {
      const state = `the store does not keep the promise of conditional writes: ${proof.reason}`;
      if (request.whenUnproven === 'refuse') throw unproven(url, state);
      logger.warn('replicating without a lease: nothing keeps a second writer away', { replica: url, because: state });
      return undefined;
    }
    const machine = await readMachine();
    const store = stores.open(request.place);
    const memory = new FileLeaseMemory(request.statePath, { durableFiles });
    const { ttlMs, isLocked: holdsLocalLock, owner = `${hostname}:${process.pid}` } = request;
    const newKeeper = () =>
      new LeaseKeeper({ store, ttlMs, owner, hostname, memory, machine, holdsLocalLock }, { clock, logger });
    return {
      store,
      lease: KeptLease.start(newKeeper, { clock, logger: logger.child({ lease: store.url }) }),
      userCount: 0,
    };
  }

  #opened(key: string, keeper: SharedKeeper): OpenedLease {
    const { lease } = keeper;
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
        if (keeper.userCount === 1) lease.giveUp();
      },
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        keeper.userCount -= 1;
        if (keeper.userCount > 0) return;
        this.#keepers.delete(key);
        await lease.close();
        await keeper.store.close();
      },
    };
  }
}

function unproven(url: string, state: string): ServiceError {
  return new ServiceError('lease-unproven', `Cannot hold lease ${url}: ${state}`, {
    hint: 'set `lease.enabled: false` for this replica and make sure yourself that nobody else writes it',
  });
}
