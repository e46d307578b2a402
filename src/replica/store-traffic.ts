import type { Clock } from '../runtime/clock.ts';
import { CallCeiling } from './call-ceiling.ts';
import { addTraffic, type TrafficCount, TrafficCounter, type TrafficPart } from './traffic-count.ts';

/** The requests of one process to stores: counted, and held below a ceiling. */
export class StoreTraffic {
  readonly #ceiling: CallCeiling;
  readonly #counters = new Map<string, TrafficCounter>();

  /** `callsPerSecond` 0: no ceiling. */
  constructor({ callsPerSecond }: { readonly callsPerSecond: number }, { clock }: { readonly clock: Clock }) {
    this.#ceiling = new CallCeiling(callsPerSecond, clock);
  }

  /** Resolves when a request may be sent. Rejects with the signal's reason. */
  admit(signal?: AbortSignal): Promise<void> {
    return this.#ceiling.take(signal);
  }

  /** For a request that must not wait, such as the renewal of a lease: it is sent now, and others wait the longer. */
  admitAtOnce(): void {
    this.#ceiling.takeAtOnce();
  }

  /** Adds what came of a request, or of a part of it. */
  count(part: TrafficPart): void {
    const { replicaType, operation } = part;
    const key = `${replicaType} ${operation}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = new TrafficCounter(replicaType, operation);
      this.#counters.set(key, counter);
    }
    counter.add(part);
  }

  /** Everything counted so far. */
  snapshot(): TrafficCount[] {
    return [...this.#counters.values()].map((counter) => counter.snapshot());
  }
}

/** The counts of several processes as those of one. */
export function sumTraffic(parts: Iterable<TrafficCount>): TrafficCount[] {
  const counts = new Map<string, TrafficCount>();
  for (const part of parts) {
    const key = `${part.replicaType} ${part.operation}`;
    const before = counts.get(key);
    counts.set(key, before === undefined ? part : addTraffic(before, part));
  }
  return [...counts.values()];
}
