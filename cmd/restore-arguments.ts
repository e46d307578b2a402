import type { ReplicaConfig } from '../src/config/normal-config.ts';
import type { IntegrityCheck, RestoreTarget } from '../src/engine/restore/restore-options.ts';

/** What `restore` was asked to do, checked. */
export interface RestoreArguments {
  /** As it was typed; for messages. */
  readonly source: string;
  /** Those to choose from, in the order of the config file; never empty. */
  readonly replicas: readonly ReplicaConfig[];
  /** Absolute. With `check` nothing lasting is written there, and it is undefined for a replica URL. */
  readonly outputPath: string | undefined;
  /** Where the local state of the output lies; undefined: at the default place. */
  readonly metaPath: string | undefined;
  readonly target: RestoreTarget;
  readonly exact: boolean;
  readonly ifDbNotExists: boolean;
  readonly ifReplicaExists: boolean;
  readonly dryRun: boolean;
  readonly check: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly integrityCheck: IntegrityCheck;
  readonly parallelism: number;
}
