import type { ReplicaConfig } from '../src/config/normal-config.ts';
import { UsageError } from './usage-error.ts';

/** The replica of a name; the first one when none is asked for. */
export function replicaNamed(replicas: readonly ReplicaConfig[], name: string | undefined): ReplicaConfig {
  const replica = name === undefined ? replicas[0] : replicas.find((candidate) => candidate.name === name);
  if (replica !== undefined) return replica;
  const names = replicas.map((candidate) => candidate.name).join(', ');
  throw new UsageError('invalid-flag', `Cannot use flag -replica: the database has no replica ${name}`, {
    hint: `its replicas are ${names}`,
  });
}
