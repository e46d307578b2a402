import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  /** Loads the command's file; undefined for a command of Litestream's that is not there yet. */
  readonly load?: (() => Promise<Command>) | undefined;
  /** Left out of the overview. */
  readonly hidden?: boolean | undefined;
}

const ltx: CommandEntry = {
  summary: 'list the LTX files of a replica',
  load: async () => (await import('./ltx.ts')).ltxCommand,
};

/** Every command. Nothing of a command is loaded before it is asked for. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  databases: {
    summary: 'list the databases of the config file',
    load: async () => (await import('./databases.ts')).databasesCommand,
  },
  ltx,
  wal: { ...ltx, hidden: true },
  replicate: {
    summary: 'copy databases to their replicas, continuously',
    load: async () => (await import('./replicate.ts')).replicateCommand,
  },
  reset: {
    summary: 'remove the local state of a database',
    load: async () => (await import('./reset.ts')).resetCommand,
  },
  restore: {
    summary: 'rebuild a database from a replica',
    load: async () => (await import('./restore.ts')).restoreCommand,
  },
  status: {
    summary: 'show how far databases and replicas are',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  version: {
    summary: 'print the version',
    load: async () => (await import('./version.ts')).versionCommand,
  },
  info: { summary: 'show the running daemon' },
  list: { summary: 'list the databases of the running daemon' },
  register: { summary: 'add a database to the running daemon' },
  start: { summary: 'start the replication of a database in the running daemon' },
  stop: { summary: 'stop the replication of a database in the running daemon' },
  sync: { summary: 'sync a database of the running daemon at once' },
  unregister: { summary: 'take a database out of the running daemon' },
};
