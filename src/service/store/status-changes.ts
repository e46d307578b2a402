import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { Clock } from '../../runtime/clock.ts';

export interface WatchOptions {
  /** How often to look. Default 1 s. */
  readonly intervalMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Yields what `read` gives, and again whenever that is something else. Ends when `signal` aborts. */
export async function* changesOf(
  read: () => Promise<DatabaseStatus[]>,
  { intervalMs = 1_000, signal }: WatchOptions & { readonly signal: AbortSignal },
  { clock }: { readonly clock: Clock },
): AsyncGenerator<DatabaseStatus[]> {
  let before = '';
  while (!signal.aborted) {
    const status = await read();
    const text = JSON.stringify(status, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    if (text !== before) yield status;
    before = text;
    await clock.sleep(intervalMs, signal);
  }
}
