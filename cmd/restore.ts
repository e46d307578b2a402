import { expandPath } from '../src/config/database-paths.ts';
import { formatLocalTime, parseTime, timeForm } from '../src/config/value/time-in-words.ts';
import type { RestoreTarget } from '../src/engine/restore/restore-options.ts';
import { type CommandIo, defineCommand } from './command.ts';
import { metaPathOf, type ReplicaSource, replicaSource } from './database-lookup.ts';
import {
  choice,
  configFlags,
  count,
  duration,
  type FlagValues,
  jsonFlag,
  text,
  toggle,
  txid,
  type ValueFlag,
} from './flag.ts';
import { replicaNamed } from './replica-named.ts';
import type { RestoreArguments } from './restore-arguments.ts';
import { UsageError } from './usage-error.ts';
import { theOnlyWord } from './words.ts';

const timestampFlag: ValueFlag<number> = {
  kind: 'value',
  placeholder: 'TIME',
  help: `Restore the state at a moment: ${timeForm}. Times without an offset are local. Default: the newest state`,
  form: timeForm,
  parse: (value) => parseTime(value, Date.now()),
};

const flags = {
  ...configFlags,
  o: text('PATH', 'Where the database is written. Default: DB_PATH'),
  txid: txid('Restore the state after a transaction. Default: the newest one'),
  timestamp: timestampFlag,
  replica: text(
    'NAME',
    'The replica to read, where a database has several. Default: the one with the newest fitting state',
  ),
  'if-db-not-exists': toggle('Exit with 0 when the output exists already'),
  'if-replica-exists': toggle('Exit with 0 when there is no backup'),
  'dry-run': toggle('Print what would be read and write nothing'),
  check: toggle('Restore into a temporary file, verify it, remove it, and print time and size'),
  exact: toggle(
    'With -txid or -timestamp: fail when that lies inside a file but not at its end, instead of taking the newest state before it',
  ),
  force: toggle('Replace an existing output with its -wal, -shm and -journal files'),
  'integrity-check': choice(
    'MODE',
    ['none', 'quick', 'full'],
    'What SQLite checks afterwards: none, quick or full. Default: none',
  ),
  parallelism: count('NUM', 'How many files are read at once. Default: 8'),
  ...jsonFlag,
  f: toggle('Go on and apply new changes as they come. Not there yet in this version'),
  'follow-interval': duration('With -f: how often to look for new changes. Not there yet in this version'),
};

export const restoreCommand = defineCommand({
  name: 'restore',
  description:
    'The restore command rebuilds a database from a replica, as it was at any moment that the replica holds.',
  usage: ['DB_PATH', '-o PATH REPLICA_URL'],
  flags,
  notes: [
    'DB_PATH is looked up in the config file. Without one, its replica is $LITESTREAM_REPLICA_URL, else DB_PATH-replica/.',
    'The output appears under its name when it is complete and verified. It has the mode and owner of the database it replaces, else 0600. -force is refused while a process replicates that database. -check of a REPLICA_URL restores into $TMPDIR.',
    'SIGTERM and SIGINT end it with 1 and leave nothing behind; a second one ends it at once with 143 or 130.',
  ],
  examples: [
    ['Restore a database to where it was.', 'restore app.db'],
    ['Restore how it was this morning into another file.', 'restore -timestamp 9:30 -o morning.db app.db'],
    ['Restore from a replica without a config file.', 'restore -o app.db file:///backup/app.db'],
    ['See what would be read.', 'restore -dry-run -o app.db file:///backup/app.db'],
    ['Prove that the backup can be restored.', 'restore -check app.db'],
  ],
  async run({ flags: given, words }, io) {
    const word = theOnlyWord(
      'restore',
      words,
      'a database path or replica URL',
      'restore -o /path/to/db file:///path/to/replica',
    );
    checkFlags(given);
    const source = await replicaSource(word, given, io.environment);
    const restore = await restoreArguments(word, source, given, io);
    if (restore.target.kind === 'moment') io.tell(`Restoring to ${formatLocalTime(restore.target.timestampMs)}`);
    const { runRestore } = await import('./run-restore.ts');
    return runRestore(restore, io);
  },
});

function checkFlags(given: FlagValues<typeof flags>): void {
  if (given.f || given['follow-interval'] !== undefined) {
    throw new UsageError('not-there-yet', 'Cannot use flag -f: following a replica is not there yet in this version');
  }
  if (given.txid !== undefined && given.timestamp !== undefined) throw notTogether('txid', 'timestamp');
  if (given.check && given.o !== undefined) throw notTogether('check', 'o');
  if (given.check && given['dry-run']) throw notTogether('check', 'dry-run');
  if (given.exact && given.timestamp === undefined && given.txid === undefined) {
    throw new UsageError('arguments', 'Cannot use flag -exact: -txid or -timestamp is missing', {
      hint: 'write -timestamp TIME -exact',
    });
  }
}

function notTogether(name: string, other: string): UsageError {
  return new UsageError('arguments', `Cannot use flag -${name}: it does not go together with -${other}`, {
    hint: 'leave one of the two away',
  });
}

async function restoreArguments(
  word: string,
  { database, replicas }: ReplicaSource,
  given: FlagValues<typeof flags>,
  { environment }: CommandIo,
): Promise<RestoreArguments> {
  const output = given.o ?? database?.path;
  if (output === undefined && !given.check) {
    throw new UsageError('arguments', 'Cannot restore from a replica URL: flag -o is missing', {
      hint: `litestream restore -o /path/to/db ${word}`,
    });
  }
  const outputPath = output === undefined ? undefined : expandPath(output, environment);
  return {
    source: word,
    replicas: given.replica === undefined ? replicas : [replicaNamed(replicas, given.replica)],
    outputPath,
    metaPath: outputPath === undefined ? undefined : await metaPathOf(outputPath, database, given, environment),
    target: targetOf(given),
    exact: given.exact,
    ifDbNotExists: given['if-db-not-exists'],
    ifReplicaExists: given['if-replica-exists'],
    dryRun: given['dry-run'],
    check: given.check,
    force: given.force,
    json: given.json,
    integrityCheck: given['integrity-check'] ?? 'none',
    parallelism: given.parallelism ?? 8,
  };
}

function targetOf(given: FlagValues<typeof flags>): RestoreTarget {
  if (given.txid !== undefined) return { kind: 'txid', txid: given.txid };
  if (given.timestamp !== undefined) return { kind: 'moment', timestampMs: given.timestamp };
  return { kind: 'newest' };
}
