import { controlRoutes, type StartAnswer } from '../src/control/control-messages.ts';
import { defineCommand } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { databaseWord, printFacts, RunningProcess } from './control-request.ts';

export const startCommand = defineCommand({
  name: 'start',
  description: 'The start command begins to replicate a database again that litestream stop has stopped.',
  usage: ['DB_PATH'],
  flags: controlFlags,
  examples: [['Go on with a database.', 'start /data/app.db']],
  async run({ flags, words }, io) {
    const path = databaseWord('start', words, io);
    const process = new RunningProcess(flags);
    const body = { path, timeout: process.timeoutSeconds };
    const { status, path: known, txid } = await process.ask<StartAnswer>(controlRoutes.start, body);
    printFacts(io, { status, db_path: known, state: 'running', txid, socket: process.socketPath }, flags);
    return undefined;
  },
});
