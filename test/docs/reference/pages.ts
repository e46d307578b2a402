import { loadCommands } from '../../../cmd/load-commands.ts';
import { commandsPage } from './commands-page.ts';
import { configPage } from './config-page.ts';
import { metricsPage } from './metrics-page.ts';

/** The pages of docs/reference that are made from the sources, by their paths below docs. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['reference/commands.md', `${commandsPage(await loadCommands())}\n`],
    ['reference/config.md', `${configPage()}\n`],
    ['reference/metrics.md', `${metricsPage()}\n`],
  ]);
}
