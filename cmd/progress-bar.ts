/** What stands on one line of a terminal: `restore [=====     ]  50%  5.0 MB of 10 MB`. */
export interface BarState {
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly details: readonly (string | undefined)[];
}

const barCells = 30;
const redrawMs = 100;

/** A bar at the end of what a terminal shows. States come as often as they like. */
export class ProgressBar {
  readonly #write: (text: string) => void;
  readonly #monotonic: () => number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor({ write, monotonic }: { readonly write: (text: string) => void; readonly monotonic: () => number }) {
    this.#write = write;
    this.#monotonic = monotonic;
  }

  draw({ label, share, details }: BarState): void {
    const nowMs = this.#monotonic();
    if (nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const filled = Math.floor(share * barCells);
    const bar = `${'='.repeat(filled)}${' '.repeat(barCells - filled)}`;
    const percent = `${Math.floor(share * 100)}%`;
    const shown = [`${label} [${bar}] ${percent.padStart(4)}`, ...details.filter((detail) => detail !== undefined)];
    // The escape sequence clears what a longer line left behind.
    this.#write(`\r${shown.join('  ')}\u001b[K`);
    this.#isShown = true;
  }

  /** Takes the bar off the terminal. Idempotent; to be called before anything else is written there. */
  end(): void {
    if (this.#isShown) this.#write('\r\u001b[K');
    this.#isShown = false;
  }
}
