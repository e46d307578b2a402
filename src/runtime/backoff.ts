export interface BackoffOptions {
  readonly firstMs: number;
  readonly limitMs: number;
}

/** Doubling waits with a limit: first, 2 first, 4 first ... limit. */
export class Backoff {
  readonly #options: BackoffOptions;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#nextMs = options.firstMs;
  }

  /** The wait before the next try, in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(this.#nextMs * 2, this.#options.limitMs);
    return ms;
  }

  /** To be called after a success. */
  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
