import type { PageRun } from '../kernel/kernels.ts';
import type { LaneRun, RunLane } from './run-lane.ts';

/**
 * A line of workspaces: filled one after the other, worked on side by side, taken in the order they were filled. `take` runs
 * beside the filling of others and never twice at a time.
 */
export class RunQueue<Result> {
  readonly #lane: RunLane;
  readonly #take: (run: PageRun, result: Result) => Promise<void>;
  #filling: LaneRun | undefined;
  /** Until each was taken, oldest first. */
  readonly #underWay: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(lane: RunLane, take: (run: PageRun, result: Result) => Promise<void>) {
    this.#lane = lane;
    this.#take = take;
  }

  /** The next workspace to be filled, when there is one. Throws what went wrong with those before. */
  async next(): Promise<LaneRun> {
    for (;;) {
      this.#throwFailure();
      this.#filling ??= this.#lane.tryBorrow();
      if (this.#filling !== undefined) return this.#filling;
      await this.#underWay[0];
    }
  }

  /** The workspace that `next` gave is filled and `work` goes on with it. */
  push(work: Promise<Result>): void {
    const lent = this.#filling!;
    this.#filling = undefined;
    const before = this.#last;
    const taken = this.#finishOne(lent, work, before).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#last = taken;
    this.#underWay.push(taken);
  }

  /** Resolves when everything was taken; throws what went wrong. */
  async finish(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** Resolves when nothing is under way any more, whether it went well or not. */
  async settle(): Promise<void> {
    this.#filling?.giveBack();
    this.#filling = undefined;
    await Promise.all(this.#underWay);
  }

  async #finishOne(lent: LaneRun, work: Promise<Result>, before: Promise<void>): Promise<void> {
    try {
      const [result] = await Promise.all([work, before]);
      if (this.#failure === undefined) await this.#take(lent.run, result);
    } finally {
      lent.giveBack();
      this.#underWay.shift();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
