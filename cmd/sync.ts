import { controlRoutes, type SyncAnswer } from '../src/control/control-messages.ts';
import { defineCommand } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { databaseWord, printFacts, RunningProcess } from './control-request.ts';
import { toggle } from './flag.ts';

export const syncCommand = defineCommand({
  name: 'sync',
  description: 'The sync command has the running process write everything committed so far to a file now.',
  usage: ['DB_PATH'],
  flags: { wait: toggle('Wait until it is on every replica that works'), ...controlFlags },
  examples: [
    ['Before a deployment: have everything on the replicas.', 'sync -wait /data/app.db'],
    ['Give a slow store two minutes.', 'sync -wait -timeout 120 /data/app.db'],
  ],
  async run({ flags, words }, io) {
    const path = databaseWord('sync', words, io);
    const process = new RunningProcess(flags);
    const startMs = performance.now();
    const body = { path, wait: flags.wait, timeout: process.timeoutSeconds };
    const answer = await process.ask<SyncAnswer>(controlRoutes.sync, body);
    const facts = {
      db_path: answer.path,
      txid: answer.txid,
      replica_txid: flags.wait ? answer.replicated_txid : undefined,
      duration_ms: Math.round(performance.now() - startMs),
    };
    printFacts(io, facts, flags);
    return undefined;
  },
});
