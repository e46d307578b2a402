import { randomBytes } from 'node:crypto';
import type { LeaseRecord } from '../../replica/lease/lease-record.ts';
import type { LeaseStore, StoredLease } from '../../replica/lease/lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';

/** `proven`, or in words what the store did that no lease can rely on. */
export type ConditionalWrites = 'proven' | { readonly reason: string };

/**
 * Finds out whether a store keeps the promises of conditional writes. `store` is over an object of its own, which is no
 * lease, may be there from an earlier probe and is left there; another process may probe over it at the same time. Rejects
 * with the ReplicaError of a store that cannot be asked.
 */
export async function probeConditionalWrites(store: LeaseStore, options?: CallOptions): Promise<ConditionalWrites> {
  const found = await store.read(options);
  if (found === undefined) await store.write(probeRecord(), undefined, options);
  if ((await store.write(probeRecord(), undefined, options)).outcome === 'written') {
    return { reason: 'it replaced an object that was only to be created' };
  }
  const stale = await replaceOnce(store, options);
  if (stale === undefined) return { reason: 'it refused to replace an object that had not changed' };
  if ((await store.write(probeRecord(), stale, options)).outcome === 'written') {
    return { reason: 'it replaced an object that had changed' };
  }
  return 'proven';
}

/** Replaces the object and returns what stood there before; undefined when that is refused again and again. */
async function replaceOnce(store: LeaseStore, options: CallOptions | undefined): Promise<StoredLease | undefined> {
  for (let tries = 0; tries < 5; tries += 1) {
    const seen = await store.read(options);
    if (seen !== undefined && (await store.write(probeRecord(), seen, options)).outcome === 'written') return seen;
  }
  return undefined;
}

/** Says that it is free, should anybody take it for a lease. */
function probeRecord(): LeaseRecord {
  const nonce = randomBytes(16).toString('hex');
  const unknown = { ttlMs: undefined, hostname: undefined, txid: undefined, sharedAt: undefined };
  return { generation: 1, owner: '', expiresAtMs: 0, nonce, ...unknown };
}
