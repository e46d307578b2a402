import type { Command } from './command.ts';
import { commands } from './command-list.ts';

export interface LoadedCommand extends Command {
  /** What the overview says of it. */
  readonly summary: string;
}

/** Every command that the overview lists, in its order. */
export async function loadCommands(): Promise<LoadedCommand[]> {
  const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
  return Promise.all(shown.map(async ([, { load, summary }]) => ({ ...(await load()), summary })));
}
