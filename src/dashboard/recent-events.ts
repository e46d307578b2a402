import { logText } from '../runtime/log-text.ts';
import { type LogFields, type Logger, type LogLevel, loggerFrom } from '../runtime/logger.ts';
import type { EventView } from './page-messages.ts';

const keptCount = 300;

/** The last log lines, for those who look at the page later than they were written. */
export class RecentEvents {
  readonly #events: EventView[] = [];
  readonly #listeners = new Set<(event: EventView) => void>();
  #lastId = 0;

  /** A logger that hands every line on and keeps those that people are told of. */
  tee(logger: Logger): Logger {
    return loggerFrom((level, message, fields) => {
      logger[level](message, fields);
      if (level !== 'debug') this.#keep(level, message, fields);
    });
  }

  /** Oldest first. */
  get kept(): readonly EventView[] {
    return this.#events;
  }

  /** Calls back with every event from now on, until the returned function is called. */
  listen(listener: (event: EventView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keep(level: Exclude<LogLevel, 'debug'>, message: string, { db, replica, ...others }: LogFields): void {
    this.#lastId += 1;
    const event: EventView = {
      id: this.#lastId,
      timeMs: Date.now(),
      level,
      message,
      db: db === undefined ? undefined : String(db),
      replica: replica === undefined ? undefined : String(replica),
      details: detailsOf(others),
    };
    this.#events.push(event);
    if (this.#events.length > keptCount) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }
}

function detailsOf(fields: LogFields): string {
  return Object.entries(fields)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${logText(value)}`]))
    .join(' ');
}
