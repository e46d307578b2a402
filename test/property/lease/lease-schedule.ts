import { leasePolicy } from '../../../src/engine/lease/lease-policy.ts';
import { LeaseProcess } from './lease-process.ts';
import { MachineClock } from './machine-clock.ts';
import { calmWeather, Network } from './network.ts';
import { SimulatedStore } from './simulated-store.ts';
import { LeaseViolation } from './violation.ts';
import { World } from './world.ts';

/** What a schedule brought about, to see that schedules do something. */
export interface ScheduleCounts {
  readonly faults: number;
  readonly epochs: number;
  readonly txids: number;
}

const faultyTtls = 12;
const calmTtls = 6;
/** Clocks run at most two per cent too fast or too slow. */
const driftLimit = 0.02;

/**
 * One run of a few processes over one store. First everything goes wrong that can; then everything works, the holder is
 * killed, and another one has to take over in time and put all in order. Throws LeaseViolation.
 */
export function runLeaseSchedule(seed: number): ScheduleCounts {
  return new LeaseSchedule(seed).run();
}

class LeaseSchedule {
  readonly #world: World;
  readonly #store: SimulatedStore;
  readonly #network: Network;
  readonly #processes: readonly LeaseProcess[];
  readonly #policy = leasePolicy(3_000);
  /**
   * A machine may be suspended and its wall clock set back by as much. Then no clock shows it, and level-0 files alone
   * protect, by refusing to be created again: so none is deleted.
   */
  readonly #hasBlindClocks: boolean;
  readonly #hasSuspends: boolean;
  #faults = 0;
  #id = 0;
  /** Since when the lease is to be free, as far as the processes that run can know. */
  #freeSinceMs: number | undefined;

  constructor(seed: number) {
    this.#world = new World(seed);
    const { random } = this.#world;
    this.#policy = leasePolicy(random.pick([3_000, 9_000, 30_000]));
    this.#hasBlindClocks = random.chance(0.3);
    this.#hasSuspends = random.chance(0.5);
    this.#store = new SimulatedStore(() => this.#world.nowMs);
    this.#network = new Network(this.#world, this.#policy.ttlMs);
    const around = {
      world: this.#world,
      store: this.#store,
      network: this.#network,
      policy: this.#policy,
      nextId: () => {
        this.#id += 1;
        return this.#id;
      },
    };
    this.#processes = Array.from({ length: random.int(2, 3) }, (_, at) => {
      const clock = new MachineClock(this.#world, 1 + (random.next() * 2 - 1) * driftLimit);
      const process = new LeaseProcess(`process ${at + 1}`, clock, around);
      process.mayDelete = !this.#hasBlindClocks;
      return process;
    });
  }

  run(): ScheduleCounts {
    const { ttlMs } = this.#policy;
    for (const process of this.#processes) {
      this.#world.after(this.#world.random.next() * ttlMs, () => process.start());
      this.#nextFault(process);
    }
    this.#nextWeather();
    this.#world.runUntil(faultyTtls * ttlMs, () => this.#check());
    this.#calm();
    const killMs = (faultyTtls + 2 + this.#world.random.next()) * ttlMs;
    this.#world.at(killMs, () => this.#killHolder());
    this.#world.runUntil((faultyTtls + 2 + calmTtls) * ttlMs, () => this.#check());
    this.#checkEnd();
    const lease = this.#store.readLease();
    return { faults: this.#faults, epochs: lease?.record.generation ?? 0, txids: this.#store.head?.txid ?? 0 };
  }

  get #isFaulty(): boolean {
    return this.#world.nowMs < faultyTtls * this.#policy.ttlMs;
  }

  #nextWeather(): void {
    const { random } = this.#world;
    this.#network.weather = random.chance(0.3)
      ? calmWeather
      : {
          lossChance: random.pick([0, 0.1, 0.4]),
          lateChance: random.pick([0, 0.05, 0.2]),
          latencyMs: random.pick([20, 200, this.#policy.callTimeoutMs]),
        };
    this.#world.after(random.next() * 2 * this.#policy.ttlMs, () => this.#isFaulty && this.#nextWeather());
  }

  #nextFault(process: LeaseProcess): void {
    const { random } = this.#world;
    const { ttlMs } = this.#policy;
    this.#world.after(random.next() * 4 * ttlMs, () => {
      if (!this.#isFaulty) return;
      this.#fault(process);
      this.#nextFault(process);
    });
  }

  #fault(process: LeaseProcess): void {
    const { random } = this.#world;
    const { ttlMs } = this.#policy;
    const forMs = random.next() * random.pick([0.3, 1.5, 5]) * ttlMs;
    const kinds = ['pause', 'kill', 'stop', 'step'] as const;
    const kind = random.pick(this.#hasSuspends || this.#hasBlindClocks ? [...kinds, 'suspend' as const] : kinds);
    this.#faults += 1;
    if (kind === 'step') {
      const backMs = this.#hasSuspends && !this.#hasBlindClocks ? 0 : 3 * ttlMs;
      process.clock.stepWall(random.next() * (3 * ttlMs + backMs) - backMs);
    } else if (kind === 'pause' || kind === 'suspend') {
      process[kind]();
      this.#world.after(forMs, () => process.resume());
    } else if (process.isRunning) {
      if (kind === 'stop') process.stop();
      else process.kill({ reboots: random.chance(0.3) });
      this.#world.after(forMs, () => this.#restart(process));
    }
  }

  #restart(process: LeaseProcess): void {
    if (!this.#isFaulty) return;
    if (process.isAlive) process.kill({ reboots: false });
    process.start();
  }

  #calm(): void {
    this.#network.weather = calmWeather;
    for (const process of this.#processes) {
      process.resume();
      if (!process.isAlive || process.isStopping) process.start();
    }
    this.#freeSinceMs = this.#world.nowMs;
  }

  #killHolder(): void {
    const holder = this.#processes.find((process) => process.mayWrite);
    holder?.kill({ reboots: false });
    this.#freeSinceMs = this.#world.nowMs;
    for (const process of this.#processes) this.#world.after(3 * this.#policy.ttlMs, () => this.#rest(process));
  }

  #rest(process: LeaseProcess): void {
    process.isQuiet = true;
  }

  #check(): void {
    const holders = this.#processes.filter((process) => process.mayWrite && !process.clock.isSuspended);
    if (holders.length > 1 && !this.#hasBlindClocks) {
      throw new LeaseViolation('one holder', `${holders.map(({ name }) => name).join(' and ')} may write at once`);
    }
    if (this.#freeSinceMs === undefined || holders.length > 0) return;
    const { ttlMs, marginMs, pollMs, callTimeoutMs } = this.#policy;
    const freeSinceMs = Math.max(this.#freeSinceMs, this.#store.leaseChangedAtMs);
    const freeMs = this.#world.nowMs - freeSinceMs;
    if (freeMs > (ttlMs + marginMs + pollMs + callTimeoutMs) * (1 + 2 * driftLimit)) {
      throw new LeaseViolation('taken in time', `nobody has had the lease for ${Math.round(freeMs)} ms`);
    }
  }

  #checkEnd(): void {
    const holders = this.#processes.filter((process) => process.mayWrite);
    if (holders.length !== 1) throw new LeaseViolation('one holder', `${holders.length} may write at the end`);
    if (!holders.every(({ writer }) => writer.isCurrent)) {
      throw new LeaseViolation('shipped', `${holders[0]?.name} still has something to send at the end`);
    }
  }
}
