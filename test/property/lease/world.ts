import { Random } from '../../support/random.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time and everything that is going to happen in it, in an order that the seed alone decides. */
export class World {
  readonly random: Random;
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** True time, which no process knows. */
  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    let at = heap.push(event) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isEarlier(event, heap[up]!); at = up, up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
      heap[up] = event;
    }
  }

  after(ms: number, run: () => void): void {
    this.at(this.#nowMs + ms, run);
  }

  /** Lets everything happen until `endMs`, with a look after each event. */
  runUntil(endMs: number, look: () => void): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      this.#nowMs = next.atMs;
      next.run();
      look();
    }
    this.#nowMs = endMs;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      heap[at] = last;
      if (left < heap.length && isEarlier(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && isEarlier(heap[right]!, heap[least]!)) least = right;
      if (least === at) return;
      heap[at] = heap[least]!;
      at = least;
    }
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
