import { constants } from 'node:os';
import { CommandError } from './command-error.ts';

export type StopSignalName = 'SIGINT' | 'SIGTERM';

/** What a stop needs of the process; `process` itself fits. */
export interface SignalSource {
  on(name: StopSignalName, listener: () => void): unknown;
  off(name: StopSignalName, listener: () => void): unknown;
  exit(code: number): unknown;
}

/**
 * One request may arrive twice: under `npm start` a Ctrl-C reaches this process from the terminal and from npm. People need
 * longer than this to ask again.
 */
const sameRequestMs = 250;

/**
 * Turns SIGINT and SIGTERM into an abort. A second request ends the process at once with 128 + the number of the signal, as
 * shells report it: 130 for SIGINT, 143 for SIGTERM.
 */
export class StopSignals {
  readonly #source: SignalSource;
  readonly #monotonic: () => number;
  readonly #abort = new AbortController();
  readonly #listeners = { SIGINT: () => this.#receive('SIGINT'), SIGTERM: () => this.#receive('SIGTERM') };
  #firstMs: number | undefined;
  #received: StopSignalName | 'SIGHUP' | undefined;

  /** Listens until `close`. */
  static listen(source: SignalSource = process, monotonic: () => number = () => performance.now()): StopSignals {
    const signals = new StopSignals(source, monotonic);
    source.on('SIGINT', signals.#listeners.SIGINT);
    source.on('SIGTERM', signals.#listeners.SIGTERM);
    return signals;
  }

  private constructor(source: SignalSource, monotonic: () => number) {
    this.#source = source;
    this.#monotonic = monotonic;
  }

  /** Aborts at the first request. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The first request; undefined before one. */
  get received(): StopSignalName | 'SIGHUP' | undefined {
    return this.#received;
  }

  /** A hang-up is a request too, and never an impatient second one: it comes from the kernel and from shells. */
  hangUp(): void {
    if (this.#firstMs === undefined) this.#receive('SIGHUP');
  }

  /** From now on the signals do again what they do without us. */
  close(): void {
    this.#source.off('SIGINT', this.#listeners.SIGINT);
    this.#source.off('SIGTERM', this.#listeners.SIGTERM);
  }

  #receive(name: StopSignalName | 'SIGHUP'): void {
    const nowMs = this.#monotonic();
    if (this.#firstMs !== undefined) {
      if (nowMs - this.#firstMs >= sameRequestMs) this.#source.exit(128 + constants.signals[name]);
      return;
    }
    this.#firstMs = nowMs;
    this.#received = name;
    this.#abort.abort(new CommandError('stopped', `Cannot go on: stopped by ${name}`));
  }
}
