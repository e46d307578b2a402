import { hostname } from 'node:os';
import type { DatabaseConfig, ReplicaConfig } from '../../src/config/normal-config.ts';
import { formatGoDuration } from '../../src/config/value/go-duration.ts';
import { probeConditionalWrites } from '../../src/engine/lease/probe-conditional-writes.ts';
import { formatTxid } from '../../src/format/ltx/txid.ts';
import { openLeaseStore } from '../../src/replica/open-lease-store.ts';
import { locationUrl, type ReplicaLocation } from '../../src/replica/replica-location.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { isLeased } from '../../src/service/lease/is-leased.ts';
import { newestFile, withReplica } from '../../src/service/replica-files.ts';
import { LeaseReader, type ReplicaLease } from '../replica-lease.ts';
import { type Finding, type Found, finding } from './finding.ts';

/** Leases and restores by time rely on clocks that agree so far. */
const skewLimitMs = 2_000;
const timeoutMs = 10_000;

/** Asks stores what replicas there need of them; what several replicas share is asked once. */
export class ReplicaChecks {
  readonly #leases = new LeaseReader();
  readonly #asked = new Map<string, Promise<Found>>();

  /** All that is written is one small object beside the lease, where there are leases. */
  of(database: DatabaseConfig, index: number): Promise<Finding>[] {
    const replica = database.replicas[index]!;
    const { url, location } = replica;
    const about = `${database.path} in ${url}`;
    const checks = [finding('replica', about, () => reachable(replica))];
    if (location.type === 's3') {
      const endpoint = location.endpoint ?? `https://s3.${location.region ?? 'us-east-1'}.amazonaws.com`;
      checks.push(finding('clock', about, () => this.#once(endpoint, () => clockSkew(endpoint))));
    }
    if (isLeased(database.lease, replica)) {
      const place = database.sharedLease?.places[index] ?? location;
      const probe = () => this.#once(locationUrl(place), () => conditionalWrites(place));
      checks.push(finding('conditional writes', about, probe));
      checks.push(finding('lease', about, async () => leaseState(await this.#leases.read(database, index))));
    }
    return checks;
  }

  #once(key: string, ask: () => Promise<Found>): Promise<Found> {
    const asking = this.#asked.get(key) ?? ask();
    this.#asked.set(key, asking);
    return asking;
  }
}

async function reachable(replica: ReplicaConfig): Promise<Found> {
  const newest = await withReplica(replica, newestFile);
  if (newest === undefined) return { severity: 'note', state: 'it can be reached and holds nothing yet' };
  const at = new Date(newest.timestampMs).toISOString();
  return { severity: 'ok', state: `it can be reached; its newest TXID is ${formatTxid(newest.maxTxid)} of ${at}` };
}

/** Every answer of an HTTP server carries its time, also one that refuses. */
async function clockSkew(endpoint: string): Promise<Found> {
  const startMs = Date.now();
  const response = await fetch(endpoint, { method: 'HEAD', signal: AbortSignal.timeout(timeoutMs) });
  const endMs = Date.now();
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return { severity: 'note', state: 'the store does not say what time it is' };
  // The answer counts whole seconds.
  const early = startMs - (date + 999);
  const late = date - endMs;
  const skewMs = Math.max(0, early, late);
  if (skewMs <= skewLimitMs) return { severity: 'ok', state: 'this machine and the store agree on the time' };
  const direction = early > late ? 'ahead of' : 'behind';
  return {
    severity: skewMs > 60_000 ? 'failure' : 'warning',
    state: `the clock of this machine is ${formatGoDuration(Math.round(skewMs / 1000) * 1000)} ${direction} that of the store`,
    remedy:
      'synchronise the clock (chrony, systemd-timesyncd): stores refuse requests of another time, and restores by time go by it',
  };
}

async function conditionalWrites(place: ReplicaLocation): Promise<Found> {
  const store = openLeaseStore(
    place,
    { durableFiles: new DurableFiles(), logger: silentLogger },
    { name: 'lock-probe' },
  );
  try {
    const outcome = await probeConditionalWrites(store, { signal: AbortSignal.timeout(timeoutMs) });
    if (outcome === 'proven') return { severity: 'ok', state: 'the store keeps their promises' };
    return {
      severity: 'warning',
      state: `the store does not keep their promises: ${outcome.reason}`,
      remedy: 'no lease can keep two hosts apart there: have one host replicate, or use another store',
    };
  } finally {
    await store.close();
  }
}

function leaseState(lease: ReplicaLease | undefined): Found {
  switch (lease?.kind) {
    case undefined:
      return { severity: 'ok', state: 'nobody has ever held it' };
    case 'free':
      return { severity: 'ok', state: `it is free, epoch ${lease.epoch}` };
    case 'shared':
      return {
        severity: 'ok',
        state: `databases of a directory are replicated together, under the lease at ${lease.at}`,
      };
    case 'unreadable':
      return { severity: 'failure', state: lease.error };
    case 'held': {
      const until = new Date(lease.untilMs).toISOString();
      const state = `${lease.holder} holds it until ${until}, epoch ${lease.epoch}`;
      const isHere = lease.holder.startsWith(hostname());
      if (lease.untilMs > Date.now() && !isHere)
        return { severity: 'note', state, remedy: 'a second host stands by and takes over when that one is gone' };
      return { severity: 'ok', state };
    }
  }
}
