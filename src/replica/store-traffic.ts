import type { Clock } from '../runtime/clock.ts';
import { CallCeiling } from './call-ceiling.ts';

/** What a process sent to the stores of one type by one operation, and got back. Plain data. */
export interface TrafficCount {
  /** `s3`, ...: as `ReplicaClient.type`. */
  readonly replicaType: string;
  /** `GET`, `HEAD`, `LIST`, `PUT` or `DELETE`: what the store is asked to do, and bills. */
  readonly operation: string;
  /** Requests sent, each try counted. */
  readonly requests: number;
  /** Requests that were answered with an error or not at all. */
  readonly errors: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What is added to a count. */
export type TrafficPart = Pick<TrafficCount, 'replicaType' | 'operation'> & Partial<TrafficCount>;

/** The requests of one process to stores: counted, and held below a ceiling. */
export class StoreTraffic {
  readonly #ceiling: CallCeiling;
  readonly #counts = new Map<string, TrafficCount>();

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
    addTo(this.#counts, part);
  }

  /** Everything counted so far. */
  snapshot(): TrafficCount[] {
    return [...this.#counts.values()];
  }
}

/** The counts of several processes as those of one. */
export function sumTraffic(parts: Iterable<TrafficCount>): TrafficCount[] {
  const counts = new Map<string, TrafficCount>();
  for (const part of parts) addTo(counts, part);
  return [...counts.values()];
}

function addTo(counts: Map<string, TrafficCount>, { replicaType, operation, ...part }: TrafficPart): void {
  const key = `${replicaType} ${operation}`;
  const before = counts.get(key);
  counts.set(key, {
    replicaType,
    operation,
    requests: (before?.requests ?? 0) + (part.requests ?? 0),
    errors: (before?.errors ?? 0) + (part.errors ?? 0),
    bytesSent: (before?.bytesSent ?? 0) + (part.bytesSent ?? 0),
    bytesReceived: (before?.bytesReceived ?? 0) + (part.bytesReceived ?? 0),
  });
}
