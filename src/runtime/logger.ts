export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that stand beside a message. Bigints and errors are rendered by the sink. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the program says while it runs. The sink is chosen by `cmd` or by the library's caller. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

/** Makes a logger of one function that takes finished records. */
export function loggerFrom(
  write: (level: LogLevel, message: string, fields: LogFields) => void,
  bound: LogFields = {},
): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) =>
    write(level, message, { ...bound, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => loggerFrom(write, { ...bound, ...fields }),
  };
}

/** Says nothing. */
export const silentLogger: Logger = loggerFrom(() => {});
