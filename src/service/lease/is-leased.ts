import type { DatabaseConfig, ReplicaConfig } from '../../config/normal-config.ts';

/** By default leases are for stores that several machines reach. */
export function isLeased({ mode }: DatabaseConfig['lease'], { location }: ReplicaConfig): boolean {
  return mode === 'on' || (mode === 'auto' && location.type !== 'file');
}
