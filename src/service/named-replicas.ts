import type { ReplicaConfig } from '../config/normal-config.ts';
import type { NamedReplica } from '../engine/restore/restore-options.ts';
import { openReplica, type ReplicaServices } from '../replica/open-replica.ts';

/** Touches none of them. To be closed with `closeReplicas`. */
export function openReplicas(configs: readonly ReplicaConfig[], services: ReplicaServices): readonly NamedReplica[] {
  return configs.map(({ name, location }) => {
    const logger = services.logger.child({ replica: name });
    return { name, client: openReplica(location, { ...services, logger }) };
  });
}

export async function closeReplicas(replicas: readonly NamedReplica[]): Promise<void> {
  for (const { client } of replicas) await client.close();
}

/** Opens replicas, and closes them when `use` is done. */
export async function withOpenReplicas<T>(
  configs: readonly ReplicaConfig[],
  services: ReplicaServices,
  use: (replicas: readonly NamedReplica[]) => Promise<T>,
): Promise<T> {
  const opened = openReplicas(configs, services);
  try {
    return await use(opened);
  } finally {
    await closeReplicas(opened);
  }
}
