import { defaultSocket } from '../src/config/defaults.ts';
import { parseGoDuration } from '../src/config/value/go-duration.ts';
import { type Flags, jsonFlag, text, type ValueFlag } from './flag.ts';

/** The flags of every command that talks to the running process. */
export const controlFlags = {
  socket: text('PATH', `The control socket of the running process. Default: ${defaultSocket.path}`),
  timeout: seconds('How long to wait for the answer: seconds, or a duration such as 1m30s'),
  ...jsonFlag,
} as const satisfies Flags;

/** Whole seconds of at least 1; a duration is rounded up. */
function seconds(help: string): ValueFlag<number> {
  const parse = (value: string) => {
    const count = /^\d+$/.test(value) ? Number(value) : Math.ceil((parseGoDuration(value) ?? 0) / 1000);
    return count > 0 ? count : undefined;
  };
  return {
    kind: 'value',
    placeholder: 'SECONDS',
    help,
    form: 'a number of seconds, or a duration, more than 0',
    parse,
  };
}
