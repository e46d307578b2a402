import type { LoadedCommand } from './command.ts';
import { commands } from './command-list.ts';

export async function loadCommands(): Promise<readonly LoadedCommand[]> {
  const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
  return Promise.all(shown.map(async ([, { load, summary }]) => ({ ...(await load()), summary })));
}
