import type { TrafficCount } from '../../replica/traffic-count.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { LogFields, Logger } from '../../runtime/logger.ts';

const hourMs = 3_600_000;

/** Says once an hour what was asked of stores since the last time, when there was anything. */
export class TrafficReport {
  readonly #traffic: () => Promise<readonly TrafficCount[]>;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(
    traffic: () => Promise<readonly TrafficCount[]>,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#traffic = traffic;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Ends when the signal aborts. An hour whose counts cannot be had is told with the next one. */
  async run(signal: AbortSignal): Promise<void> {
    for (let before: readonly TrafficCount[] = []; ; ) {
      await this.#clock.sleep(hourMs, signal);
      if (signal.aborted) return;
      const now = await this.#traffic().catch(() => undefined);
      if (now === undefined) continue;
      this.#say(trafficSince(before, now));
      before = now;
    }
  }

  #say(counts: readonly TrafficCount[]): void {
    // Directories bill nobody.
    for (const replicaType of new Set(counts.map((count) => count.replicaType).filter((type) => type !== 'file'))) {
      const fields = counts.filter((count) => count.replicaType === replicaType).map(fieldsOf);
      this.#logger.info('requests to stores in the last hour', Object.assign({ replicaType }, ...fields));
    }
  }
}

/** What was counted between two moments; operations without a request are left out. */
export function trafficSince(before: readonly TrafficCount[], now: readonly TrafficCount[]): TrafficCount[] {
  const since = now.map((count): TrafficCount => {
    const earlier = before.find((one) => one.replicaType === count.replicaType && one.operation === count.operation);
    // The counts of a process that broke down are gone, and those of its successor begin with 0.
    if (earlier === undefined || earlier.requests > count.requests) return count;
    return {
      ...count,
      requests: count.requests - earlier.requests,
      errors: count.errors - earlier.errors,
      bytesSent: count.bytesSent - earlier.bytesSent,
      bytesReceived: count.bytesReceived - earlier.bytesReceived,
    };
  });
  return since.filter(({ requests }) => requests > 0);
}

/** `put`, `putBytesSent` ...: what is 0 is left out. */
function fieldsOf({ operation, requests, errors, bytesSent, bytesReceived }: TrafficCount): LogFields {
  const name = operation.toLowerCase();
  const parts: [string, number][] = [
    [name, requests],
    [`${name}Errors`, errors],
    [`${name}BytesSent`, bytesSent],
    [`${name}BytesReceived`, bytesReceived],
  ];
  return Object.fromEntries(parts.filter(([, count]) => count > 0));
}
