import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  /** Loads the command's file. */
  readonly load: () => Promise<Command>;
  /** Left out of the overview. */
  readonly hidden?: boolean | undefined;
}

const ltx: CommandEntry = {
  summary: 'list the LTX files of a replica',
  load: async () => (await import('./ltx.ts')).ltxCommand,
};

/** Every command. Nothing of a command is loaded before it is asked for. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  completion: {
    summary: 'print a script that completes commands in a shell',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  config: {
    summary: 'check the config file and show what it comes to',
    load: async () => (await import('./config.ts')).configCommand,
  },
  databases: {
    summary: 'list the databases of the config file',
    load: async () => (await import('./databases.ts')).databasesCommand,
  },
  doctor: {
    summary: 'look for what is in the way, and say what to do about it',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  ltx,
  wal: { ...ltx, hidden: true },
  man: {
    summary: 'print the manual page',
    load: async () => (await import('./man.ts')).manCommand,
  },
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
  info: {
    summary: 'show the running daemon',
    load: async () => (await import('./info.ts')).infoCommand,
  },
  list: {
    summary: 'list the databases of the running daemon',
    load: async () => (await import('./list.ts')).listCommand,
  },
  register: {
    summary: 'add a database to the running daemon',
    load: async () => (await import('./register.ts')).registerCommand,
  },
  start: {
    summary: 'start the replication of a database in the running daemon',
    load: async () => (await import('./start.ts')).startCommand,
  },
  stop: {
    summary: 'stop the replication of a database in the running daemon',
    load: async () => (await import('./stop.ts')).stopCommand,
  },
  sync: {
    summary: 'sync a database of the running daemon at once',
    load: async () => (await import('./sync.ts')).syncCommand,
  },
  unregister: {
    summary: 'take a database out of the running daemon',
    load: async () => (await import('./unregister.ts')).unregisterCommand,
  },
};
