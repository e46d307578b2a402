import { setMaxListeners } from 'node:events';

/**
 * A signal that aborts with the first of others, until it is disposed of. Then nothing of it stays with them: what
 * AbortSignal.any makes leaves a trace in each signal for as long as that lives, and those of a lease or a process live for
 * months. Any number of calls may listen to it, and any number of it to one signal.
 */
export class LinkedSignal implements Disposable {
  readonly #own: AbortController;
  readonly #sources: readonly AbortSignal[];
  readonly #abort: (event: Event) => void;

  private constructor(own: AbortController, sources: readonly AbortSignal[]) {
    this.#own = own;
    this.#sources = sources;
    this.#abort = ({ target }) => own.abort((target as AbortSignal).reason);
  }

  static of(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
    const sources = signals.filter((signal) => signal !== undefined);
    const linked = new LinkedSignal(new AbortController(), sources);
    linked.#listen();
    return linked;
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  #listen(): void {
    const aborted = this.#sources.find((source) => source.aborted);
    if (aborted !== undefined) this.#own.abort(aborted.reason);
    setMaxListeners(0, this.signal, ...this.#sources);
    for (const source of this.#sources) source.addEventListener('abort', this.#abort, { once: true });
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#abort);
  }
}
