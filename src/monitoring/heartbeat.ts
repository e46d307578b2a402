import type { HeartbeatConfig } from '../config/normal-config.ts';
import { isReplicated } from '../engine/replicator/database-status.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { TimeLimit } from '../runtime/time-limit.ts';
import type { Store } from '../service/store/store.ts';
import { unreadyReasons } from './readiness.ts';

/** How often to look whether a ping is due, and may be sent. */
const lookMs = 15_000;
const timeoutMs = 30_000;

export interface HeartbeatServices {
  readonly store: Pick<Store, 'status'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Asks a URL at every interval as long as every database is shipped, so that whoever waits there for pings hears nothing when one is
 * not, or when this process is gone. A process that replicates nothing, such as one that stands by, sends none.
 */
export class Heartbeat {
  readonly #config: HeartbeatConfig;
  readonly #services: HeartbeatServices;
  #failure: string | undefined;

  constructor(config: HeartbeatConfig, services: HeartbeatServices) {
    this.#config = config;
    this.#services = services;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const { intervalMs } = this.#config;
    for (let lastMs = Number.NEGATIVE_INFINITY; !signal.aborted; ) {
      const now = clock.monotonic();
      const isDue = now - lastMs >= intervalMs;
      if (isDue && (await this.#isWell()) && (await this.#ping(signal))) lastMs = now;
      await clock.sleep(Math.min(lookMs, intervalMs), signal);
    }
  }

  async #isWell(): Promise<boolean> {
    const { store, clock } = this.#services;
    const statuses = await store.status().catch(() => []); // asked again soon
    const limits = { maxLagMs: this.#config.intervalMs, nowMs: clock.now() };
    return statuses.some(isReplicated) && unreadyReasons(statuses, limits).length === 0;
  }

  /** Whether it was heard. The path of the URL is its secret, and is not said. */
  async #ping(signal: AbortSignal): Promise<boolean> {
    const { logger } = this.#services;
    const { url } = this.#config;
    const { host } = new URL(url);
    try {
      using limit = new TimeLimit(timeoutMs, signal);
      const response = await fetch(url, { signal: limit.signal });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      if (this.#failure !== undefined) logger.info('heartbeats are heard again', { host });
      this.#failure = undefined;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const failure = reasonOf(error);
      if (failure !== this.#failure) logger.warn('cannot send a heartbeat, trying again', { host, error: failure });
      this.#failure = failure;
      return false;
    }
  }
}

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
