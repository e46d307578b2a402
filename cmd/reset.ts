import { diskDirectoryReader } from '../src/config/disk-directory-reader.ts';
import { defineCommand } from './command.ts';
import { CommandError } from './command-error.ts';
import { databaseNamed } from './database-lookup.ts';
import { exitCodes } from './exit-code.ts';
import { configFlags, toggle } from './flag.ts';
import { filesBelow, localStateEntries, removeLocalState } from './local-state.ts';
import { theOnlyWord } from './words.ts';

export const resetCommand = defineCommand({
  name: 'reset',
  description:
    'The reset command removes the local state of a database: its position, its page checksums and the LTX files that are kept beside it. The next replicate starts anew. Neither the database nor its replicas are touched. What was not shipped yet is taken from the database again, as one change.',
  usage: ['DB_PATH'],
  flags: { ...configFlags, 'dry-run': toggle('Print what would be removed and remove nothing') },
  examples: [
    ['See what would be removed.', 'reset -dry-run app.db'],
    ['Remove the local state.', 'reset app.db'],
  ],
  async run({ flags, words }, io) {
    const word = theOnlyWord('reset', words, 'a database path', 'reset /path/to/db');
    const database = await databaseNamed(word, flags, io.environment);
    const { path, metaPath } = database;
    if ((await diskDirectoryReader.kind(path)) === 'missing') {
      throw new CommandError('database-missing', `Cannot reset ${path}: the database does not exist`);
    }
    const entries = await localStateEntries(metaPath);
    if (entries === undefined || entries.length === 0) {
      io.print(`No local state of ${path}: ${metaPath} ${entries === undefined ? 'does not exist' : 'holds none'}`);
      return exitCodes.done;
    }
    if (flags['dry-run']) {
      io.print(`Would remove the local state of ${path}:`);
      for (const file of await filesBelow(entries)) io.print(`  ${file}`);
      io.print('Nothing was removed.');
      return exitCodes.done;
    }
    const { holdLocalState } = await import('./hold-local-state.ts');
    const hold = await holdLocalState(database);
    try {
      await removeLocalState(metaPath, entries);
    } finally {
      await hold[Symbol.asyncDispose]();
    }
    io.print(`Removed the local state of ${path} in ${metaPath}. The next replicate starts anew.`);
    return exitCodes.done;
  },
});
