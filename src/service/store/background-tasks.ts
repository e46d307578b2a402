/** Runs tasks beside the caller, so many at a time. A task reports its own failures. */
export class BackgroundTasks {
  readonly #limit: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(task: () => Promise<void>): void {
    this.#waiting.push(task);
    this.#begin();
  }

  /** Drops what has not begun and resolves when the rest has ended. */
  async stop(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }

  #begin(): void {
    while (this.#running.size < this.#limit) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      const running = task().finally(() => {
        this.#running.delete(running);
        this.#begin();
      });
      this.#running.add(running);
    }
  }
}
