import type { DatabaseStatus } from '../engine/replicator/database-status.ts';

/** What keeps a process from being ready, one line for each database; empty when it is. */
export function unreadyReasons(
  statuses: readonly DatabaseStatus[],
  { maxLagMs, nowMs }: { readonly maxLagMs: number; readonly nowMs: number },
): string[] {
  return statuses.flatMap((status) => {
    const reason = unreadyReason(status, maxLagMs, nowMs);
    return reason === undefined ? [] : [`${status.path}: ${reason}`];
  });
}

/** Ready are also databases that are not there yet, that were stopped, and those that another host has the lease of. */
function unreadyReason(status: DatabaseStatus, maxLagMs: number, nowMs: number): string | undefined {
  const { state, error, replicas } = status;
  if (state === 'stopped' || state === 'standby') return undefined;
  if (error !== undefined) return error;
  if (state === 'attaching') return 'it is being attached';
  const late = replicas.find(({ behindSinceMs }) => nowMs - (behindSinceMs ?? nowMs) > maxLagMs);
  if (late === undefined) return undefined;
  const seconds = Math.round((nowMs - late.behindSinceMs!) / 1000);
  return `replica ${late.name} lacks what was committed ${seconds} s ago${late.error === undefined ? '' : `: ${late.error}`}`;
}
