import { defineCommand } from './command.ts';
import { manPage } from './man-page.ts';
import { programVersion } from './version.ts';
import { refuseWords } from './words.ts';

export const manCommand = defineCommand({
  name: 'man',
  description: 'The man command prints the manual page.',
  usage: [''],
  flags: {},
  examples: [
    ['Read it.', 'man | man -l -'],
    ['Install it.', 'man > /usr/local/share/man/man1/litestream.1'],
  ],
  async run({ words }, io) {
    refuseWords('man', words);
    io.print(manPage(await io.loadCommands(), programVersion()));
    return undefined;
  },
});
