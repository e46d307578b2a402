import type { LineageHead } from '../lineage-head.ts';

export interface FileRequest {
  resolve(head: LineageHead): void;
  reject(error: unknown): void;
}

/** Those who wait until everything committed so far is in a durable file. */
export class FileRequests {
  #waiting: FileRequest[] = [];
  #ended: unknown;

  /** Resolves with the newest transaction in a durable file; rejects at once after `end`. */
  add(): Promise<LineageHead> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Those of now: a request that comes while a file is being written may mean commits that are not in it. */
  get waiting(): readonly FileRequest[] {
    return [...this.#waiting];
  }

  answer(requests: readonly FileRequest[], head: LineageHead | undefined): void {
    if (head === undefined) return;
    this.#waiting = this.#waiting.filter((request) => !requests.includes(request));
    for (const request of requests) request.resolve(head);
  }

  reject(error: unknown): void {
    for (const request of this.#waiting.splice(0)) request.reject(error);
  }

  /** Nothing will be written any more. */
  end(error: unknown): void {
    this.#ended = error;
    this.reject(error);
  }
}
