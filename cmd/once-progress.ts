import { setTimeout as sleep } from 'node:timers/promises';
import { progressFields, shareOf } from '../src/service/report/progress-fields.ts';
import type { DatabaseWork } from '../src/service/shard/shard-protocol.ts';
import type { Store } from '../src/service/store/store.ts';
import { workNames } from '../src/service/store/work-report.ts';
import type { BarState, ProgressBar } from './progress-bar.ts';

const lookMs = 200;

/** Draws on a terminal how far `replicate -once` is. */
export class OnceProgress {
  readonly #store: Pick<Store, 'paths' | 'work'>;
  readonly #bar: ProgressBar;
  /** How far each database has been seen; what comes after the reading is the second half. */
  readonly #shares = new Map<string, number>();

  constructor(store: Pick<Store, 'paths' | 'work'>, bar: ProgressBar) {
    this.#store = store;
    this.#bar = bar;
  }

  ended(path: string): void {
    this.#shares.set(path, 1);
  }

  /** Looks and draws until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const state = this.#state(await this.#store.work());
      if (state !== undefined && !signal.aborted) this.#bar.draw(state);
      await sleep(lookMs, undefined, { signal }).catch(() => {});
    }
    this.#bar.end();
  }

  #state(works: readonly DatabaseWork[]): BarState | undefined {
    const count = this.#store.paths.length;
    const [work] = works;
    if (count <= 1) return work && stateOf(work);
    for (const one of works) this.#note(one);
    const shares = [...this.#shares.values()];
    const done = shares.filter((share) => share === 1).length;
    const share = shares.reduce((sum, one) => sum + one, 0) / count;
    return { label: `${done} of ${count} databases`, share, details: [] };
  }

  /** A bar never goes back. */
  #note({ path, act, doneBytes, totalBytes }: DatabaseWork): void {
    const isReading = act === 'read' || act === 'restore';
    const half = shareOf(doneBytes, totalBytes) / 2;
    const share = Math.min(isReading ? half : 0.5 + half, 0.99);
    this.#shares.set(path, Math.max(share, this.#shares.get(path) ?? 0));
  }
}

function stateOf({ act, replica, doneBytes, totalBytes, elapsedMs }: DatabaseWork): BarState {
  const { done, speed } = progressFields(doneBytes, totalBytes, elapsedMs);
  const label = replica === undefined ? workNames[act] : `${workNames[act]} to ${replica}`;
  return { label, share: shareOf(doneBytes, totalBytes), details: [done, speed] };
}
