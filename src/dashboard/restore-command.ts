import type { DatabaseConfig, ReplicaConfig } from '../config/normal-config.ts';

export interface CommandPlace {
  readonly database: DatabaseConfig;
  readonly replica: ReplicaConfig;
  readonly txid: string;
  readonly outputPath: string;
  /** Undefined: the databases came from the command line. */
  readonly configPath: string | undefined;
}

/** What to type for a restore, for a POSIX shell. */
export function restoreCommand({ database, replica, txid, outputPath, configPath }: CommandPlace): string {
  const from =
    configPath === undefined
      ? [replica.url]
      : ['-config', configPath, ...(database.replicas.length > 1 ? ['-replica', replica.name] : []), database.path];
  return ['litestream', 'restore', '-txid', txid, '-o', outputPath, ...from].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
