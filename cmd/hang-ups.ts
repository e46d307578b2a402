import { isatty } from 'node:tty';

const standardInput = 0;

/**
 * SIGHUP means two things: that the terminal is gone, where standard input was one, or that somebody asks for something, such
 * as reading a config file again. Without its terminal the process could be neither seen nor stopped, so it ends.
 */
export class HangUps {
  readonly #onTerminalGone: () => void;
  readonly #hadTerminal = isatty(standardInput);
  #onRequest: () => void;

  /** Listens until the end of the process. */
  static listen(onTerminalGone: () => void, onRequest: () => void): HangUps {
    const hangUps = new HangUps(onTerminalGone, onRequest);
    process.on('SIGHUP', () => hangUps.#receive());
    // What cannot be written to a terminal that is gone must not end the last sync.
    if (hangUps.#hadTerminal) for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    return hangUps;
  }

  private constructor(onTerminalGone: () => void, onRequest: () => void) {
    this.#onTerminalGone = onTerminalGone;
    this.#onRequest = onRequest;
  }

  /** What a signal asks for from now on. */
  request(act: () => void): void {
    this.#onRequest = act;
  }

  /** Ends the process by the signal, as it would have ended it unheard. A normal exit of Node aborts without its terminal. */
  end(): void {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }

  #receive(): void {
    if (this.#hadTerminal && !isatty(standardInput)) this.#onTerminalGone();
    else this.#onRequest();
  }
}
