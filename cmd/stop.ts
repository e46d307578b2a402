import { controlRoutes, type StopAnswer } from '../src/control/control-messages.ts';
import { defineCommand } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { databaseWord, printFacts, RunningProcess } from './control-request.ts';

export const stopCommand = defineCommand({
  name: 'stop',
  description:
    'The stop command ends the replication of a database after a last sync. The running process keeps it in its list, and litestream start goes on with it. What is committed meanwhile is found then.',
  usage: ['DB_PATH'],
  flags: controlFlags,
  examples: [['Stop before the files of a database are moved.', 'stop /data/app.db']],
  async run({ flags, words }, io) {
    const path = databaseWord('stop', words, io);
    const process = new RunningProcess(flags);
    const body = { path, timeout: process.timeoutSeconds };
    const { status, path: known, txid } = await process.ask<StopAnswer>(controlRoutes.stop, body);
    printFacts(io, { status, db_path: known, state: 'stopped', txid, socket: process.socketPath }, flags);
    return undefined;
  },
});
