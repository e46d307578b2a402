import type { DatabaseCounters } from '../database-counters.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import type { CareMode } from './replica-care.ts';
import type { NamedClient } from './replica-heads.ts';

export interface ReplicatorOptions {
  readonly settings: DatabaseSettings;
  readonly replicas: readonly NamedClient[];
  /** Whether file-system events reach `notify`; otherwise the database is looked at every monitor interval. */
  readonly watched: boolean;
  readonly shutdown: { readonly timeoutMs: number; readonly retryMs: number };
  readonly careMode: CareMode;
  /** Counted in, however often the database is attached. */
  readonly counters: DatabaseCounters;
  /**
   * Runs each time before the database is looked at, under the lease where there is one: brings it back when it is missing,
   * and resolves with whether it did.
   */
  readonly prepare?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Told again and again whether the database is busy, and polled, or quiet, and wants events. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
}
