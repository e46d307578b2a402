import { defineCommand, printJson } from './command.ts';
import { databasesOf, loadConfig } from './database-lookup.ts';
import { configFlags, jsonFlag } from './flag.ts';
import { formatTable } from './table.ts';
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
    if (flags.json) {
      const entries = databases.map(({ path, metaPath, replicas }) => ({
        path,
        replica: replicas[0]?.location.type,
        meta_path: metaPath,
        replicas: replicas.map(({ name, location, url }) => ({ name, type: location.type, url })),
      }));
      printJson(io, entries);
      return undefined;
    }
    const rows = databases.flatMap(({ path, replicas }) =>
      replicas.map(({ location, url }) => [path, location.type, url]),
    );
    io.print(formatTable(['path', 'replica', 'url'], rows));
    return undefined;
  },
});
