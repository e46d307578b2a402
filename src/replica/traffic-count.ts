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
  /** These by what was answered: a status code, or what the system said. */
  readonly errorCodes: Readonly<Record<string, number>>;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** How long requests took until they were answered, all together. */
  readonly seconds: number;
  /** How many took at most so long, by `durationBounds`. */
  readonly durations: readonly number[];
}

/** In seconds, as in Litestream's histogram. */
export const durationBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60] as const;

/** What is added to a count: a request, or a part of one. */
export interface TrafficPart {
  readonly replicaType: string;
  readonly operation: string;
  readonly requests?: number | undefined;
  /** Of a request that was answered with an error or not at all. */
  readonly errorCode?: string | undefined;
  readonly bytesSent?: number | undefined;
  readonly bytesReceived?: number | undefined;
  /** Of a request that is over. */
  readonly tookMs?: number | undefined;
}

/** Counts as requests come and go. */
export class TrafficCounter {
  readonly #of: Pick<TrafficCount, 'replicaType' | 'operation'>;
  #requests = 0;
  #errors = 0;
  readonly #errorCodes: Record<string, number> = {};
  #bytesSent = 0;
  #bytesReceived = 0;
  #ms = 0;
  readonly #durations: number[] = durationBounds.map(() => 0);

  constructor(replicaType: string, operation: string) {
    this.#of = { replicaType, operation };
  }

  add({ requests = 0, errorCode, bytesSent = 0, bytesReceived = 0, tookMs }: TrafficPart): void {
    this.#requests += requests;
    this.#bytesSent += bytesSent;
    this.#bytesReceived += bytesReceived;
    if (errorCode !== undefined) {
      this.#errors += 1;
      this.#errorCodes[errorCode] = (this.#errorCodes[errorCode] ?? 0) + 1;
    }
    if (tookMs === undefined) return;
    this.#ms += tookMs;
    for (const [i, bound] of durationBounds.entries()) if (tookMs <= bound * 1000) this.#durations[i]! += 1;
  }

  snapshot(): TrafficCount {
    return {
      ...this.#of,
      requests: this.#requests,
      errors: this.#errors,
      errorCodes: { ...this.#errorCodes },
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      seconds: this.#ms / 1000,
      durations: [...this.#durations],
    };
  }
}

export function addTraffic(a: TrafficCount, b: TrafficCount): TrafficCount {
  const errorCodes: Record<string, number> = { ...a.errorCodes };
  for (const [code, count] of Object.entries(b.errorCodes)) errorCodes[code] = (errorCodes[code] ?? 0) + count;
  return {
    replicaType: a.replicaType,
    operation: a.operation,
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    errorCodes,
    bytesSent: a.bytesSent + b.bytesSent,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    seconds: a.seconds + b.seconds,
    durations: a.durations.map((count, i) => count + (b.durations[i] ?? 0)),
  };
}
