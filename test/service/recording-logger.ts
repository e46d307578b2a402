import { type LogFields, type Logger, type LogLevel, loggerFrom } from '../../src/runtime/logger.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger whose lines are kept; SERVICE_LOGS=1 shows them too. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = loggerFrom((level, message, fields) => {
    lines.push({ level, message, fields });
    if (process.env.SERVICE_LOGS !== undefined) console.log(level, message, fields);
  });
  return { logger, lines };
}
