import { askToRaise, askToRelease, decide, initialLease, mayWrite } from '../../../src/engine/lease/lease-machine.ts';
import type { RememberedLease } from '../../../src/engine/lease/lease-memory.ts';
import type { LeasePolicy } from '../../../src/engine/lease/lease-policy.ts';
import { afterCall, type LeaseReply } from '../../../src/engine/lease/lease-reply.ts';
import type { LeaseState } from '../../../src/engine/lease/lease-state.ts';
import { LocalLineage } from './local-lineage.ts';
import type { MachineClock } from './machine-clock.ts';
import { ModelHousekeeping } from './model-housekeeping.ts';
import { ModelWriter, type WriterHost } from './model-writer.ts';
import type { Network } from './network.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { World } from './world.ts';

export interface Surroundings {
  readonly world: World;
  readonly store: SimulatedStore;
  readonly network: Network;
  readonly policy: LeasePolicy;
  readonly nextId: () => number;
}

const notAnswered = new Error('no answer in time');

/** One process on a machine of its own: the real lease machine, and a writer that obeys it. May be stopped in any way. */
export class LeaseProcess implements WriterHost {
  readonly name: string;
  readonly clock: MachineClock;
  readonly #around: Surroundings;
  readonly #lineage = new LocalLineage();
  #note: RememberedLease | undefined;
  #bootCount = 0;
  #life = 0;
  #isAlive = false;
  #isPaused = false;
  #isStopping = false;
  #inbox: (() => void)[] = [];
  #state: LeaseState = initialLease();
  #callCount = 0;
  #isCalling = false;
  #timer = 0;
  /** Whether the application rests. */
  isQuiet = false;
  /** Whether it deletes what is compacted or too old. */
  mayDelete = false;
  writer: ModelWriter;
  #housekeeping: ModelHousekeeping;

  constructor(name: string, clock: MachineClock, around: Surroundings) {
    this.name = name;
    this.clock = clock;
    this.#around = around;
    this.writer = new ModelWriter(this.#lineage, around.store, this);
    this.#housekeeping = new ModelHousekeeping(around.store, this);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get isRunning(): boolean {
    return this.#isAlive && !this.#isPaused && !this.clock.isSuspended;
  }

  /** Whether it would send a mutation now. */
  get mayWrite(): boolean {
    return this.#isAlive && !this.#isStopping && mayWrite(this.#state, this.clock.now());
  }

  start(): void {
    this.#life += 1;
    this.#isAlive = true;
    this.#isPaused = false;
    this.#isStopping = false;
    this.#isCalling = false;
    this.#inbox = [];
    const remembered = this.#note?.machine === String(this.#bootCount) ? this.#note.write : undefined;
    this.#state = initialLease({ lastEpoch: this.#note?.epoch, remembered });
    this.writer = new ModelWriter(this.#lineage, this.#around.store, this);
    this.#housekeeping = new ModelHousekeeping(this.#around.store, this);
    this.#drive();
    this.#work();
  }

  /** Requests on their way arrive all the same. */
  kill({ reboots }: { reboots: boolean }): void {
    this.#isAlive = false;
    this.#life += 1;
    if (reboots) this.#bootCount += 1;
  }

  pause(): void {
    this.#isPaused = true;
  }

  suspend(): void {
    if (!this.clock.isSuspended) this.clock.suspend();
  }

  resume(): void {
    if (this.clock.isSuspended) this.clock.resume();
    this.#isPaused = false;
    for (const run of this.#around.world.random.shuffled(this.#inbox.splice(0))) this.#deliver(this.#life, run);
  }

  /** A clean stop: no more writes, the lease is given back. */
  stop(): void {
    this.#isStopping = true;
    if (this.#isCalling) this.#reply(this.#callCount, { kind: 'failed', error: notAnswered });
    this.#state = askToRelease(this.#state);
    this.#drive();
  }

  writableEpoch(): number | undefined {
    const { phase } = this.#state;
    return this.mayWrite && 'hold' in phase ? phase.hold.epoch : undefined;
  }

  raiseAbove(epoch: number): void {
    this.#state = askToRaise(this.#state, epoch);
  }

  nextId(): number {
    return this.#around.nextId();
  }

  call<T>(effect: () => T, onReply: (reply: T) => void): void {
    const { network, policy } = this.#around;
    const life = this.#life;
    const writer = this.writer;
    let isOpen = true;
    network.send(effect, (reply) =>
      this.#deliver(life, () => {
        if (isOpen) onReply(reply);
        isOpen = false;
      }),
    );
    this.#after(policy.callTimeoutMs, () => {
      if (isOpen) writer.timedOut();
      isOpen = false;
    });
  }

  #drive(): void {
    if (this.#isCalling) return;
    const { policy, network, store } = this.#around;
    const identity = { owner: this.name, hostname: undefined, txid: undefined };
    const input = { now: this.clock.now(), nonce: String(this.nextId()), policy, identity, epochFloor: 0 };
    const { state, action } = decide(this.#state, input);
    this.#state = state;
    if (action.kind === 'end') {
      this.kill({ reboots: false });
    } else if (action.kind === 'wait') {
      this.#timer += 1;
      const timer = this.#timer;
      this.#after(Math.max(1, Math.min(action.ms, policy.marginMs)), () => timer === this.#timer && this.#drive());
    } else {
      this.#isCalling = true;
      this.#callCount += 1;
      const call = this.#callCount;
      const life = this.#life;
      const done = (reply: LeaseReply) => this.#deliver(life, () => this.#reply(call, reply));
      if (action.kind === 'read')
        network.send(
          () => store.readLease(),
          (stored) => done({ kind: 'read', stored }),
        );
      else {
        network.send(
          () => store.writeLease(action.record, action.seen),
          (result) => done(result.outcome === 'written' ? { kind: 'written', tag: result.tag } : { kind: 'refused' }),
        );
      }
      this.#after(policy.callTimeoutMs, () => this.#reply(call, { kind: 'failed', error: notAnswered }));
    }
  }

  #reply(call: number, reply: LeaseReply): void {
    if (!this.#isCalling || call !== this.#callCount) return;
    this.#isCalling = false;
    this.#state = afterCall(this.#state, reply, this.clock.now(), this.#around.policy);
    const { phase } = this.#state;
    if ('hold' in phase) {
      const { tag, record } = phase.hold.stored;
      this.#note = { epoch: phase.hold.epoch, write: { tag, nonce: record.nonce }, machine: String(this.#bootCount) };
    }
    this.#drive();
  }

  /** What the application and the writer do, again and again. */
  #work(): void {
    const { world, policy } = this.#around;
    const { random } = world;
    this.#after(policy.ttlMs / 60 + random.next() * (policy.ttlMs / 30), () => {
      if (random.chance(0.3) && !this.isQuiet) this.writer.commit();
      this.writer.turn();
      const settled = this.writer.settledTxid;
      if (settled !== undefined && settled > 0) {
        const upTo = random.int(Math.max(1, settled - 6), settled);
        if (random.chance(0.3)) this.#housekeeping[this.mayDelete ? 'compactAndDelete' : 'compact'](this.writer, upTo);
        else if (this.mayDelete && random.chance(0.02)) this.#housekeeping.retire(this.writer, upTo);
        if (random.chance(0.1)) this.writer.dropAcknowledged();
      }
      this.#work();
    });
  }

  #after(ms: number, run: () => void): void {
    const life = this.#life;
    this.#around.world.after(this.clock.trueMs(ms), () => this.#deliver(life, run));
  }

  /** A process that stands still gets it when it goes on, a dead one never. */
  #deliver(life: number, run: () => void): void {
    if (life !== this.#life) return;
    if (this.isRunning) run();
    else if (this.#isAlive) this.#inbox.push(run);
  }
}
