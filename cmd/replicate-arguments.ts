import type { DatabaseConfig, NormalConfig } from '../src/config/normal-config.ts';

/** What `replicate` was asked to do, checked and with the flags worked into the configuration. */
export interface ReplicateArguments {
  readonly config: NormalConfig;
  /** Who is to blame when databases found in directories collide: `assertDistinct` takes it. */
  readonly blame: 'usage' | 'conflict';
  readonly once: boolean;
  readonly forceSnapshot: boolean;
  readonly enforceRetention: boolean;
  readonly adopt: boolean;
  /** Variables that the config file names and that are not set. */
  readonly missingVariables: readonly string[];
  /** Undefined without a config file. */
  readonly file: ReplicateFile | undefined;
}

/** What the config file is good for while the process runs. */
export interface ReplicateFile {
  readonly path: string;
  /** Reads it again, with the flags worked in. Throws ConfigError. */
  reread(): Promise<NormalConfig>;
  /** A database named at run time, with the settings at the top of the file. Throws ConfigError. */
  databaseAt(path: string, replicaUrl: string): DatabaseConfig;
}
