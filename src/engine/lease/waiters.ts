/** Lets callers wait until something is so. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** To be called whenever something may have become so. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves with what `value` gives as soon as that is not undefined; rejects with what it throws, or when `signal` aborts. */
  async until<T>(value: () => T | undefined, signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const found = value();
      if (found !== undefined) return found;
      await this.#next(signal);
    }
  }

  #next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
