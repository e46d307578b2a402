import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import { formatTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { ServiceError } from '../service-error.ts';
import { sharedSignal } from '../shared-signal.ts';
import type { Store } from './store.ts';

export interface OnceReport {
  readonly shipped: readonly { readonly path: string; readonly txid: Txid }[];
  /** Databases that are not on all their replicas as they were. */
  readonly failed: readonly { readonly path: string; readonly error: Error }[];
}

export interface OnceOptions extends CallOptions {
  /** What is asked of the replicas of each database once everything is shipped. Default: nothing. */
  readonly maintain?: MaintenanceRequest | undefined;
  /** Told of each database that nothing is left to do for, whatever came of it. */
  readonly onEnded?: ((path: string) => void) | undefined;
}

/** Starts a store, ships what every database holds to every replica, and stops it. Rejects as `start` does. */
export async function once(store: Store, options: OnceOptions = {}): Promise<OnceReport> {
  await store.start();
  const signal = options.signal === undefined ? undefined : sharedSignal(options.signal);
  const shipped: { path: string; txid: Txid }[] = [];
  const failed: { path: string; error: Error }[] = [];
  try {
    await Promise.all(
      store.paths.map(async (path) => {
        try {
          const txid = await store.sync(path, { signal });
          if (options.maintain !== undefined) await store.maintain(path, options.maintain, { signal });
          shipped.push({ path, txid });
        } catch (error) {
          failed.push({ path, error: error instanceof Error ? error : new Error(String(error)) });
        }
        options.onEnded?.(path);
      }),
    );
    const states = new Map((await store.status()).map((status) => [status.path, status]));
    for (const { path, txid } of shipped.splice(0)) {
      const error = shortfall(path, txid, states.get(path));
      if (error === undefined) shipped.push({ path, txid });
      else failed.push({ path, error });
    }
  } finally {
    await store.stop(options);
  }
  return { shipped, failed };
}

/** A sync is content with the replicas that work; this is not. */
function shortfall(path: string, txid: Txid, status: DatabaseStatus | undefined): Error | undefined {
  const late = status?.replicas.filter((replica) => (replica.txid ?? noTxid) < txid) ?? [];
  if (status !== undefined && late.length === 0) return undefined;
  const states = late.map(
    ({ name, txid: at, error }) => `${name} has TXID ${formatTxid(at ?? noTxid)} (${error ?? 'slow'})`,
  );
  return new ServiceError(
    'unavailable',
    `Cannot ship ${path} everywhere: ${states.join(', ') || 'its state is unknown'}`,
  );
}
