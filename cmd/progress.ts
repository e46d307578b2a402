import type { Logger } from '../src/runtime/logger.ts';
import { progressFields, shareOf } from '../src/service/report/progress-fields.ts';
import { ProgressBar } from './progress-bar.ts';

export interface ProgressOptions {
  /** What is being done: `restore`. */
  readonly act: string;
  /** Whether `write` goes to a terminal. */
  readonly isTerminal: boolean;
}

export interface ProgressServices {
  readonly write: (text: string) => void;
  readonly logger: Logger;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
}

const lineMs = 10_000;

/** Long work as people see it: a bar on a terminal, else a log line every ten seconds. Reports come as often as they like. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #services: ProgressServices;
  readonly #bar: ProgressBar;
  readonly #startedMs: number;
  #saidMs: number;

  constructor(options: ProgressOptions, services: ProgressServices) {
    this.#options = options;
    this.#services = services;
    this.#bar = new ProgressBar(services);
    this.#startedMs = services.monotonic();
    this.#saidMs = this.#startedMs;
  }

  report(doneBytes: number, totalBytes: number): void {
    const nowMs = this.#services.monotonic();
    const { isTerminal, act } = this.#options;
    const fields = progressFields(doneBytes, totalBytes, nowMs - this.#startedMs);
    if (isTerminal) {
      this.#bar.draw({ label: act, share: shareOf(doneBytes, totalBytes), details: [fields.done, fields.speed] });
    } else if (nowMs - this.#saidMs >= lineMs) {
      this.#saidMs = nowMs;
      this.#services.logger.info(`${act} goes on`, { ...fields });
    }
  }

  /** Takes the bar off the terminal. Idempotent; to be called before anything else is written there. */
  end(): void {
    this.#bar.end();
  }
}
