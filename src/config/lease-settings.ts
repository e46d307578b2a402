import { defaultSettings } from './defaults.ts';
import type { LeaseSettings } from './normal-config.ts';

/** A lease as it is asked for. */
export interface LeaseOptions {
  /** Default: for replicas that several machines reach, as far as their store can carry a lease. */
  readonly enabled?: boolean | undefined;
  /** How long others wait for a holder that is gone. Default 30,000. */
  readonly ttlMs?: number | undefined;
  /** Who this is, as others read it. Default: host name and process id. */
  readonly owner?: string | undefined;
}

export function leaseSettings({ enabled, ttlMs, owner }: LeaseOptions): LeaseSettings {
  const { lease } = defaultSettings;
  const mode = enabled === undefined ? lease.mode : enabled ? 'on' : 'off';
  return { mode, ttlMs: ttlMs ?? lease.ttlMs, owner };
}
