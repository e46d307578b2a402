import type { LoggingConfig } from './normal-config.ts';

const logLevels: Readonly<Record<string, LoggingConfig['level']>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
};

/** The level of a name, in any case; `trace`, which Litestream has, is our `debug`. */
export function logLevel(name: string): LoggingConfig['level'] | undefined {
  return logLevels[name.toLowerCase()];
}
