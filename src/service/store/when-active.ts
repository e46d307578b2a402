import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';

const lookMs = 50;

/** Resolves when no database waits for its lease, or to be restored under it. Rejects when the signal aborts. */
export async function whenActive(
  read: () => Promise<DatabaseStatus[]>,
  { signal }: CallOptions,
  { clock }: { readonly clock: Clock },
): Promise<void> {
  const isPending = ({ state, lease }: DatabaseStatus) =>
    lease !== undefined && (state === 'standby' || state === 'attaching');
  while ((await read()).some(isPending)) {
    await clock.sleep(lookMs, signal);
    signal?.throwIfAborted();
  }
}
