import { LinkedSignal } from './linked-signal.ts';

/**
 * A signal that aborts after a time (TimeoutError) or with the first of others, until it is disposed of. It keeps no process
 * alive. `AbortSignal.any` of an `AbortSignal.timeout` is no such thing: nothing else refers to the latter, so Node 20
 * collects it, and it never fires.
 */
export class TimeLimit implements Disposable {
  readonly #linked: LinkedSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, ...others: readonly (AbortSignal | undefined)[]) {
    const elapsed = new AbortController();
    const end = () => elapsed.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    this.#timer = setTimeout(end, ms).unref();
    this.#linked = LinkedSignal.of(elapsed.signal, ...others);
  }

  get signal(): AbortSignal {
    return this.#linked.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#linked[Symbol.dispose]();
  }
}
