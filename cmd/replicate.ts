import { commandLineDatabases } from '../src/config/command-line-databases.ts';
import { ConfigError } from '../src/config/config-error.ts';
import { defaultConfig } from '../src/config/defaults.ts';
import { diskDirectoryReader } from '../src/config/disk-directory-reader.ts';
import { logLevel } from '../src/config/log-level.ts';
import type { DatabaseSettings, NormalConfig } from '../src/config/normal-config.ts';
import { type CommandIo, defineCommand } from './command.ts';
import { loadConfig } from './database-lookup.ts';
import { choice, configFlags, type FlagValues, text, toggle } from './flag.ts';
import type { ReplicateArguments } from './replicate-arguments.ts';
import { UsageError } from './usage-error.ts';

const flags = {
  ...configFlags,
  exec: text('CMD', 'Run a command beside the replication and end with it, with its exit code; it gets our signals'),
  once: toggle('Copy everything once and exit. Not together with -exec'),
  'force-snapshot': toggle('With -once: write a snapshot of every database'),
  'enforce-retention': toggle('With -once: remove from replicas what is older than its retention'),
  'restore-if-db-not-exists': toggle('Restore databases that do not exist from their replicas first'),
  adopt: toggle('Go on with the local database although the replica holds another lineage'),
  'log-level': choice(
    'LEVEL',
    ['trace', 'debug', 'info', 'warn', 'error'],
    'Goes before the config file: trace, debug, info, warn or error',
  ),
};

export const replicateCommand = defineCommand({
  name: 'replicate',
  description:
    'The replicate command copies every change of databases to their replicas until it is stopped. Databases come from the config file, or from the command line.',
  usage: ['', 'DB_PATH... [REPLICA_URL...]'],
  flags,
  notes: [
    'An argument with a scheme is a replica URL, anything else a database, a quoted glob or a directory. One database: the URLs are its replicas. Several databases, a glob or a directory: each database is copied to the URL and its path below the fixed part, and new files join while running.',
    'Without a URL $LITESTREAM_REPLICA_URL is used, else the directory DB_PATH-replica beside each database. Such directories, .*-litestream, and files ending in -wal, -shm, -journal or .tmp are never taken for databases.',
    'SIGTERM and SIGINT end it after a last sync; a second one ends it at once. SIGHUP has it read the config file again: databases that stay as they are go on undisturbed, and a file that cannot be used changes nothing. Without a config file, or when its terminal is gone, SIGHUP ends it after a last sync.',
  ],
  examples: [
    ['Copy the databases of the config file.', 'replicate'],
    ['Copy a database to the directory app.db-replica beside it.', 'replicate app.db'],
    [
      'Copy a database to a directory of choice, beside the application.',
      "replicate -exec 'node server.js' app.db file:///backup/app.db",
    ],
    ['Copy all databases of a directory, also later ones.', "replicate '/data/*.db' file:///backup"],
  ],
  async run({ flags: given, words }, io) {
    const replicate = await replicateArguments(given, words, io);
    const { runReplicate } = await import('./run-replicate.ts');
    return runReplicate(replicate, io);
  },
});

async function replicateArguments(
  given: FlagValues<typeof flags>,
  words: readonly string[],
  io: CommandIo,
): Promise<ReplicateArguments> {
  checkFlags(given, words);
  const fromFile = words.length === 0;
  const loaded = fromFile ? await loadConfig(given, io.environment) : undefined;
  const applied = withFlags(loaded?.config ?? (await configOfWords(words, io)), given);
  if (given.once && applied.exec !== undefined) throw notTogether('-once', 'exec of the config file');
  if (applied.databases.length === 0 && applied.directories.length === 0 && applied.socket === undefined) {
    throw new ConfigError('invalid', 'Cannot replicate: the config file lists no databases', {
      hint: 'add them under dbs, or name them: litestream replicate /path/to/db',
    });
  }
  return {
    config: applied,
    blame: fromFile ? 'conflict' : 'usage',
    once: given.once,
    forceSnapshot: given['force-snapshot'],
    enforceRetention: given['enforce-retention'],
    adopt: given.adopt,
    missingVariables: loaded?.missingVariables ?? [],
    file: loaded && {
      path: loaded.file,
      reread: async () => withFlags((await loadConfig(given, io.environment)).config, given),
      databaseAt: loaded.databaseAt,
    },
  };
}

function checkFlags(given: FlagValues<typeof flags>, words: readonly string[]): void {
  if (given.config !== undefined && words.length > 0) throw notTogether('-config', 'databases or URLs');
  if (given.once && given.exec !== undefined) throw notTogether('-once', '-exec');
  for (const name of ['force-snapshot', 'enforce-retention'] as const) {
    if (!given[name] || given.once) continue;
    throw new UsageError('arguments', `Cannot use flag -${name}: -once is missing`, { hint: `write -once -${name}` });
  }
}

function notTogether(flag: string, other: string): UsageError {
  return new UsageError('arguments', `Cannot use flag ${flag}: it does not go together with ${other}`, {
    hint: 'leave one of the two away',
  });
}

/** What the words name and what is found in their globs and directories later goes through the same checks as a file's. */
async function configOfWords(words: readonly string[], { environment }: CommandIo): Promise<NormalConfig> {
  const { candidates, directories } = await commandLineDatabases(words, {
    ...environment,
    reader: diskDirectoryReader,
    replicaUrl: environment.variables.LITESTREAM_REPLICA_URL,
    s3Endpoint: environment.variables.LITESTREAM_S3_ENDPOINT,
  });
  const defaults = defaultConfig(environment.processorCount);
  const level = logLevel(environment.logLevel ?? '') ?? defaults.logging.level;
  const databases = candidates.filter(({ explicit }) => explicit).map(({ database }) => database);
  return { ...defaults, logging: { ...defaults.logging, level }, databases, directories };
}

function withFlags(config: NormalConfig, given: FlagValues<typeof flags>): NormalConfig {
  const level = given['log-level'] === undefined ? undefined : logLevel(given['log-level']);
  const changed = <Settings extends DatabaseSettings>(settings: Settings): Settings =>
    given['restore-if-db-not-exists'] ? { ...settings, restoreIfDbNotExists: true } : settings;
  return {
    ...config,
    exec: given.exec ?? config.exec,
    logging: { ...config.logging, level: level ?? config.logging.level },
    databases: config.databases.map(changed),
    directories: config.directories.map((directory) => ({ ...directory, settings: changed(directory.settings) })),
  };
}
