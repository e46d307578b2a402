import { LeaseKeeper, type LeaseKeeperOptions } from '../../../src/engine/lease/lease-keeper.ts';
import type { LeaseMemory, RememberedLease } from '../../../src/engine/lease/lease-memory.ts';
import type { LeaseStatus } from '../../../src/engine/lease/lease-status.ts';
import { type MemoryLeaseObject, MemoryLeaseStore } from '../../../src/replica/memory/memory-lease-store.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { loggerFrom } from '../../../src/runtime/logger.ts';
import { SteppedClock } from './stepped-clock.ts';

export const ttlMs = 30_000;
export const marginMs = 5_000;

/** A keeper, the store it uses, and what it said. */
export interface RunningKeeper {
  readonly keeper: LeaseKeeper;
  readonly statuses: LeaseStatus[];
  readonly lines: string[];
  /** How often it asked the store. */
  readonly calls: { read: number; write: number };
  /** Ends it without giving the lease back, as a kill does. */
  kill(): Promise<void>;
  /** `down`: calls fail. `hung`: they never end. `silent`: writes are carried out, but have no answer. */
  weather: 'fine' | 'down' | 'hung' | 'silent';
}

/** One lease object and a clock, for any number of keepers. */
export class LeaseScene {
  readonly clock = new SteppedClock();
  readonly object: MemoryLeaseObject = { bytes: undefined, writes: 0 };

  start(owner: string, options: Partial<LeaseKeeperOptions> = {}): RunningKeeper {
    const store = new ScriptedStore(this.object);
    const statuses: LeaseStatus[] = [];
    const lines: string[] = [];
    const logger = loggerFrom((level, message) => lines.push(`${level} ${message}`));
    const keeper = new LeaseKeeper({ store, ttlMs, owner, ...options }, { clock: this.clock, logger });
    keeper.onChange((status) => statuses.push(status));
    const stopping = new AbortController();
    const running = keeper.run(stopping.signal);
    running.catch(() => {}); // met by `kill`
    return {
      keeper,
      statuses,
      lines,
      calls: store.calls,
      async kill() {
        stopping.abort();
        await running;
      },
      get weather() {
        return store.weather;
      },
      set weather(weather) {
        store.weather = weather;
      },
    };
  }
}

export class NotedLease implements LeaseMemory {
  noted: RememberedLease | undefined;

  async load(): Promise<RememberedLease | undefined> {
    return this.noted;
  }

  async save(remembered: RememberedLease): Promise<void> {
    this.noted = remembered;
  }
}

class ScriptedStore extends MemoryLeaseStore {
  readonly calls = { read: 0, write: 0 };
  weather: RunningKeeper['weather'] = 'fine';

  constructor(object: MemoryLeaseObject) {
    super({
      object,
      fault: (operation) => {
        this.calls[operation] += 1;
        return this.weather === 'down'
          ? new ReplicaError('unavailable', 'Cannot reach the store: it is away')
          : undefined;
      },
    });
  }

  override read(...words: Parameters<MemoryLeaseStore['read']>): ReturnType<MemoryLeaseStore['read']> {
    return this.weather === 'hung' ? new Promise(() => {}) : super.read(...words);
  }

  override write(...words: Parameters<MemoryLeaseStore['write']>): ReturnType<MemoryLeaseStore['write']> {
    if (this.weather === 'hung') return new Promise(() => {});
    const writing = super.write(...words);
    return this.weather === 'silent' ? new Promise(() => {}) : writing;
  }
}
