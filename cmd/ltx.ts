import { type Level, levels } from '../src/format/ltx/level.ts';
import { datedFiles, withReplica } from '../src/service/replica-files.ts';
import { fileRecords, fileTable } from '../src/service/report/file-list.ts';
import { defineCommand, printJson } from './command.ts';
import { replicaSource } from './database-lookup.ts';
import { configFlags, jsonFlag, text, type ValueFlag } from './flag.ts';
import { replicaNamed } from './replica-named.ts';
import { theOnlyWord } from './words.ts';

const levelFlag: ValueFlag<readonly Level[]> = {
  kind: 'value',
  placeholder: 'LEVEL',
  help: 'The level to list: 0 to 9, or all. Level 0 holds one file for each transaction, 9 snapshots. Default: 0',
  form: 'a level from 0 to 9, or all',
  parse: (value) => {
    const level = levels.find((known) => String(known) === value);
    if (value === 'all') return levels;
    return level === undefined ? undefined : [level];
  },
};

export const ltxCommand = defineCommand({
  name: 'ltx',
  description:
    'The ltx command lists the LTX files of a replica. Times are those in the files, not those of the files.',
  usage: ['DB_PATH', 'REPLICA_URL'],
  flags: {
    ...configFlags,
    ...jsonFlag,
    level: levelFlag,
    replica: text('NAME', 'The replica to list, where a database has several. Default: the first one'),
  },
  notes: [
    'DB_PATH is looked up in the config file. Without one, its replica is $LITESTREAM_REPLICA_URL, else DB_PATH-replica/.',
  ],
  examples: [
    ['List the transactions of a database.', 'ltx app.db'],
    ['List all levels of a replica.', 'ltx -level all file:///backup/app.db'],
  ],
  async run({ flags, words }, io) {
    const word = theOnlyWord('ltx', words, 'a database path or replica URL', 'ltx /path/to/db');
    const { replicas } = await replicaSource(word, flags, io.environment);
    const replica = replicaNamed(replicas, flags.replica);
    const files = await withReplica(replica, (client) => datedFiles(client, flags.level ?? [0]));
    if (flags.json) printJson(io, fileRecords(files));
    else io.print(fileTable(files));
    return undefined;
  },
});
