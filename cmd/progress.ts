import { formatByteSize } from '../src/config/value/byte-size.ts';
import type { Logger } from '../src/runtime/logger.ts';

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

const barCells = 30;
const redrawMs = 100;
const lineMs = 10_000;

/** Long work as people see it: a bar on a terminal, else a log line every ten seconds. Reports come as often as they like. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #services: ProgressServices;
  readonly #startedMs: number;
  #shownMs: number;
  #isBarShown = false;

  constructor(options: ProgressOptions, services: ProgressServices) {
    this.#options = options;
    this.#services = services;
    this.#startedMs = services.monotonic();
    this.#shownMs = options.isTerminal ? Number.NEGATIVE_INFINITY : this.#startedMs;
  }

  report(doneBytes: number, totalBytes: number): void {
    const nowMs = this.#services.monotonic();
    const { isTerminal, act } = this.#options;
    if (nowMs - this.#shownMs < (isTerminal ? redrawMs : lineMs)) return;
    this.#shownMs = nowMs;
    const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
    const seconds = (nowMs - this.#startedMs) / 1000;
    const speed = seconds > 0 ? `${formatByteSize(Math.round(doneBytes / seconds))}/s` : '';
    const percent = `${Math.floor(share * 100)}%`;
    if (!isTerminal) {
      const done = `${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`;
      this.#services.logger.info(`${act} goes on`, { percent, done, speed });
      return;
    }
    const filled = Math.floor(share * barCells);
    const bar = `${'='.repeat(filled)}${' '.repeat(barCells - filled)}`;
    const amounts = `${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`;
    // The escape sequence clears what a longer line left behind.
    this.#services.write(`\r${act} [${bar}] ${percent.padStart(4)}  ${amounts}  ${speed}\u001b[K`);
    this.#isBarShown = true;
  }

  /** Takes the bar off the terminal. Idempotent; to be called before anything else is written there. */
  end(): void {
    if (this.#isBarShown) this.#services.write('\r\u001b[K');
    this.#isBarShown = false;
  }
}
