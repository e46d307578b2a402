import { formatGoDuration } from '../src/config/value/go-duration.ts';
import { controlRoutes, type InfoAnswer } from '../src/control/control-messages.ts';
import { defineCommand, printJson } from './command.ts';
import { controlFlags } from './control-flags.ts';
import { RunningProcess } from './control-request.ts';
import { refuseWords } from './words.ts';

export const infoCommand = defineCommand({
  name: 'info',
  description:
    'The info command shows the running process: its version, since when it runs, how many databases it has.',
  usage: [''],
  flags: controlFlags,
  examples: [
    ['Show the running process.', 'info'],
    ['Show one with another socket, as JSON.', 'info -json -socket /run/litestream/litestream.sock'],
  ],
  async run({ flags, words }, io) {
    refuseWords('info', words);
    const info = await new RunningProcess(flags).ask<InfoAnswer>(controlRoutes.info);
    if (flags.json) printJson(io, info);
    else io.print(infoText(info));
    return undefined;
  },
});

function infoText(info: InfoAnswer): string {
  return [
    `Litestream ${info.version}`,
    `  PID:        ${info.pid}`,
    `  Uptime:     ${formatGoDuration(info.uptime_seconds * 1000)}`,
    `  Started at: ${info.started_at}`,
    `  Databases:  ${info.database_count}`,
  ].join('\n');
}
