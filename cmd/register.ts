import { controlRoutes, type RegisterAnswer } from '../src/control/control-messages.ts';
import { defineCommand } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { databaseWord, printFacts, RunningProcess } from './control-request.ts';
import { text } from './flag.ts';
import { UsageError } from './usage-error.ts';

export const registerCommand = defineCommand({
  name: 'register',
  description:
    'The register command adds a database to the running process, with the settings that stand at the top of its config file. It stays until it is unregistered or the process ends.',
  usage: ['-replica URL DB_PATH'],
  flags: {
    replica: text('URL', 'Where the database is copied to, such as s3://bucket/path. Required'),
    ...controlFlags,
  },
  examples: [
    ['Add a database that is copied to S3.', 'register -replica s3://backup/app /data/app.db'],
    ['Add one that is copied to a directory.', 'register -replica file:///backup/app /data/app.db'],
  ],
  async run({ flags, words }, io) {
    const path = databaseWord('register', words, io);
    const { replica } = flags;
    if (replica === undefined) {
      throw new UsageError('arguments', `Cannot register ${path}: -replica is missing`, {
        hint: `litestream register -replica s3://bucket/path ${path}`,
      });
    }
    const process = new RunningProcess(flags);
    const answer = await process.ask<RegisterAnswer>(controlRoutes.register, { path, replica_url: replica });
    const status = flags.json ? answer.status : answer.status.replace('_', ' ');
    printFacts(io, { status, db_path: answer.path, replica, socket: process.socketPath }, flags);
    return undefined;
  },
});
