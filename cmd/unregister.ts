import { controlRoutes, type UnregisterAnswer } from '../src/control/control-messages.ts';
import { defineCommand } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { databaseWord, printFacts, RunningProcess } from './control-request.ts';
import { toggle } from './flag.ts';

export const unregisterCommand = defineCommand({
  name: 'unregister',
  description:
    'The unregister command takes a database out of the running process after a last sync. Its replicas stay as they are.',
  usage: ['DB_PATH'],
  flags: { 'dry-run': toggle('Say what would be done, and do nothing'), ...controlFlags },
  examples: [['Take a database out.', 'unregister /data/app.db']],
  async run({ flags, words }, io) {
    const path = databaseWord('unregister', words, io);
    const process = new RunningProcess(flags);
    if (flags['dry-run']) {
      io.print(preview(path, process));
      return undefined;
    }
    const body = { path, timeout: process.timeoutSeconds };
    const { status, path: known, txid } = await process.ask<UnregisterAnswer>(controlRoutes.unregister, body);
    printFacts(io, { status, db_path: known, final_txid: txid, socket: process.socketPath }, flags);
    return undefined;
  },
});

function preview(path: string, { socketPath, timeoutSeconds }: RunningProcess): string {
  return [
    'Dry run: unregister request preview',
    `  database: ${path}`,
    `  socket: ${socketPath}`,
    '  replicas: those that the running process has for this database; they stay as they are',
    '  final sync: everything committed is written and sent before the command completes',
    `  timeout: ${timeoutSeconds}s`,
    'No unregister request was sent.',
  ].join('\n');
}
