import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { LeaseAction } from './lease-machine.ts';
import type { LeaseReply } from './lease-reply.ts';

export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Makes one call and says what became of it; never rejects. A call that has no answer in time, or whose signal aborts, has
 * failed, also when the store goes on with it.
 */
export async function callStore(
  store: LeaseStore,
  action: Extract<LeaseAction, { kind: 'read' | 'write' }>,
  { timeoutMs, signal }: CallLimits,
  clock: Clock,
): Promise<LeaseReply> {
  const ended = new AbortController();
  const end = () => ended.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  const limit = clock.sleep(timeoutMs, ended.signal).then((): never => {
    const state = signal.aborted ? 'it is given up' : `it has not answered for ${timeoutMs} ms`;
    throw new ReplicaError('unavailable', `Cannot ${action.kind} lease ${store.url}: ${state}`);
  });
  try {
    return await Promise.race([send(store, action, ended.signal), limit]);
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    signal.removeEventListener('abort', end);
    limit.catch(() => {});
    ended.abort();
  }
}

async function send(
  store: LeaseStore,
  action: Extract<LeaseAction, { kind: 'read' | 'write' }>,
  signal: AbortSignal,
): Promise<LeaseReply> {
  if (action.kind === 'read') return { kind: 'read', stored: await store.read({ signal }) };
  const result = await store.write(action.record, action.seen, { signal });
  return result.outcome === 'written' ? { kind: 'written', tag: result.tag } : { kind: 'refused' };
}
