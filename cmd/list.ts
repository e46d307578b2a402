import { controlRoutes, type ListAnswer, type ListedDatabase } from '../src/control/control-messages.ts';
import { defineCommand, printJson } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { RunningProcess } from './control-request.ts';
import { refuseWords } from './words.ts';

export const listCommand = defineCommand({
  name: 'list',
  description: 'The list command shows the databases of the running process.',
  usage: [''],
  flags: controlFlags,
  notes: [
    'In brackets the state: replicating, stopped (by litestream stop), waiting for a database that cannot be attached now, standby where another host has the lease, attaching, or failed.',
  ],
  examples: [['List all databases of the running process.', 'list']],
  async run({ flags, words }, io) {
    refuseWords('list', words);
    const answer = await new RunningProcess(flags).ask<ListAnswer>(controlRoutes.list);
    if (flags.json) printJson(io, answer);
    else if (answer.databases.length === 0) io.print('No databases configured');
    else io.print(answer.databases.map(line).join('\n'));
    return undefined;
  },
});

function line({ path, status, last_sync_at: syncedAt, error }: ListedDatabase): string {
  const reason = error === undefined ? '' : `: ${error}`;
  return `${path} [${status}] (last sync: ${syncedAt ?? 'never'})${reason}`;
}
