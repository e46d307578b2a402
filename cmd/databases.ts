import { databaseRecords, databaseTable } from '../src/service/report/database-list.ts';
import { defineCommand, printJson } from './command.ts';
import { databasesOf, loadConfig } from './database-lookup.ts';
import { configFlags, jsonFlag } from './flag.ts';
import { refuseWords } from './words.ts';

export const databasesCommand = defineCommand({
  name: 'databases',
  description: 'The databases command lists the databases of the config file, with those its directories hold now.',
  usage: [''],
  flags: { ...configFlags, ...jsonFlag },
  examples: [
    ['List the databases of the default config file.', 'databases'],
    ['List those of another one, as JSON.', 'databases -config ./litestream.yml -json'],
  ],
  async run({ flags, words }, io) {
    refuseWords('databases', words);
    const { config } = await loadConfig(flags, io.environment);
    const databases = await databasesOf(config);
    if (flags.json) printJson(io, databaseRecords(databases));
    else io.print(databaseTable(databases));
    return undefined;
  },
});
