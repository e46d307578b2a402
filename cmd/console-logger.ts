import type { LoggingConfig } from '../src/config/normal-config.ts';
import { logJson, logText } from '../src/runtime/log-text.ts';
import { type LogFields, type Logger, type LogLevel, loggerFrom } from '../src/runtime/logger.ts';
import { SourcePositions } from './source-positions.ts';

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes log lines as Litestream does: `time=... level=INFO msg="..." key=value`, or one JSON object a line. */
export function consoleLogger(
  config: Omit<LoggingConfig, 'stream'>,
  write: (line: string) => void,
  now: () => number = Date.now,
): Logger {
  const positions = new SourcePositions();
  const render = config.type === 'json' ? logJson : textLine;
  return loggerFrom((level, message, fields) => {
    if (ranks[level] < ranks[config.level]) return;
    const source = config.source ? { source: callingLine(positions) } : {};
    const head = { time: new Date(now()).toISOString(), level: level.toUpperCase(), ...source, msg: message };
    write(`${render({ ...head, ...fields })}\n`);
  });
}

function textLine(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${quoted(logText(value))}`)
    .join(' ');
}

function quoted(text: string): string {
  return /^[^\s"=\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** The first line of the stack outside the logger's own files, as a path below the program's folder. */
function callingLine(positions: SourcePositions): string {
  for (const line of (new Error().stack ?? '').split('\n').slice(1)) {
    const frame = positions.in(line);
    if (/(?:cmd\/console-logger|runtime\/logger|dashboard\/recent-events)\.[jt]s:/.test(frame)) continue;
    return /\b((?:src|cmd|test)\/[^\s)]+\.[jt]s:\d+)/.exec(frame)?.[1] ?? '';
  }
  return '';
}
