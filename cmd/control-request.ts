import { resolve } from 'node:path';
import { defaultSocket } from '../src/config/defaults.ts';
import { askControl } from '../src/control/control-client.ts';
import { defaultTimeoutSeconds } from '../src/control/control-messages.ts';
import { type CommandIo, printJson } from './command.ts';
import type { controlFlags } from './control-flags.ts';
import type { FlagValues } from './flag.ts';
import { theOnlyWord } from './words.ts';

type ControlFlagValues = FlagValues<typeof controlFlags>;

/** The running process that a command's flags name. */
export class RunningProcess {
  readonly socketPath: string;
  readonly timeoutSeconds: number;

  constructor(flags: ControlFlagValues) {
    this.socketPath = flags.socket ?? defaultSocket.path;
    this.timeoutSeconds = flags.timeout ?? defaultTimeoutSeconds;
  }

  /** Throws ControlError. */
  ask<Answer>(route: string, body?: object): Promise<Answer> {
    const { socketPath, timeoutSeconds } = this;
    return askControl<Answer>({ socketPath, route, body, timeoutMs: timeoutSeconds * 1000 });
  }
}

/** The one database that a command names, as the running process knows it, wherever that was started. */
export function databaseWord(command: string, words: readonly string[], { environment }: CommandIo): string {
  const word = theOnlyWord(command, words, 'the path of a database', `${command} /path/to/app.db`);
  return word.startsWith('~') ? word : resolve(environment.workingDirectory, word);
}

/** As `name: value` lines, or as JSON; what is undefined is left out. */
export function printFacts(io: CommandIo, facts: Readonly<Record<string, unknown>>, flags: ControlFlagValues): void {
  const lines = Object.entries(facts).filter(([, value]) => value !== undefined);
  if (flags.json) printJson(io, facts);
  else io.print(lines.map(([name, value]) => `${name}: ${String(value)}`).join('\n'));
}
