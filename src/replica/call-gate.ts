import { ReplicaError } from './replica-error.ts';

/** Counts the calls under way, so that `close` can wait for them and later ones are refused. */
export class CallGate {
  readonly #url: string;
  #underWay = 0;
  #closed: PromiseWithResolvers | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Runs a call. Rejects when the gate is closed or the signal aborted before it could begin. */
  async run<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    this.enter(signal);
    try {
      return await call();
    } finally {
      this.leave();
    }
  }

  /** Begins a call that `leave` ends. */
  enter(signal?: AbortSignal): void {
    if (this.#closed !== undefined) throw new ReplicaError('closed', `Cannot use replica ${this.#url}: it is closed`);
    signal?.throwIfAborted();
    this.#underWay += 1;
  }

  leave(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#closed?.resolve();
  }

  /** Resolves when the calls under way have ended. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = withResolvers();
      if (this.#underWay === 0) this.#closed.resolve();
    }
    return this.#closed.promise;
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
