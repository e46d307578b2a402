import { silentLogger } from '../src/runtime/logger.ts';
import { filesBelow } from '../src/service/local-state.ts';
import { localStateOf, resetDatabase, resetText } from '../src/service/reset-database.ts';
import { defineCommand } from './command.ts';
import { databaseNamed } from './database-lookup.ts';
import { exitCodes } from './exit-code.ts';
import { configFlags, toggle } from './flag.ts';
import { theOnlyWord } from './words.ts';

export const resetCommand = defineCommand({
  name: 'reset',
  description:
    'The reset command removes the local state of a database: its position, its page checksums and the LTX files that are kept beside it. Neither the database nor its replicas are touched. The next replicate starts anew: where everything was shipped it goes on; where it finds changes that the replica lacks, it asks to be started with -adopt, which ships them as one change.',
  usage: ['DB_PATH'],
  flags: { ...configFlags, 'dry-run': toggle('Print what would be removed and remove nothing') },
  examples: [
    ['See what would be removed.', 'reset -dry-run app.db'],
    ['Remove the local state.', 'reset app.db'],
  ],
  async run({ flags, words }, io) {
    const word = theOnlyWord('reset', words, 'a database path', 'reset /path/to/db');
    const database = await databaseNamed(word, flags, io.environment);
    const state = await localStateOf(database);
    if (flags['dry-run'] && state.entries.length > 0) {
      io.print(`Would remove the local state of ${database.path}:`);
      for (const file of await filesBelow(state.entries)) io.print(`  ${file}`);
      io.print('Nothing was removed.');
      return exitCodes.done;
    }
    if (state.entries.length > 0) await resetDatabase(database, state, { logger: silentLogger });
    io.print(resetText(database, state));
    return exitCodes.done;
  },
});
