import type { LeaseTerm } from '../lease/database-lease.ts';
import { FencedClient } from '../lease/fenced-client.ts';
import type { NamedClient } from './replica-heads.ts';

/**
 * The replicas as they may be written in one term: each under the authority's lease, that of the first replica that has
 * one, and under its own.
 */
export function fencedReplicas(replicas: readonly NamedClient[], term: LeaseTerm | undefined): NamedClient[] {
  if (term === undefined) return [...replicas];
  const authority = authorityOf(replicas);
  return replicas.map((replica) => {
    const own = replica === authority ? undefined : replica.lease;
    const terms = () => {
      if (own === undefined) return [term];
      return own.term === undefined ? undefined : [term, own.term];
    };
    return { ...replica, client: new FencedClient(replica.client, terms) };
  });
}

/** The replica whose lease makes the database active. */
export function authorityOf(replicas: readonly NamedClient[]): NamedClient | undefined {
  return replicas.find(({ lease }) => lease !== undefined);
}
