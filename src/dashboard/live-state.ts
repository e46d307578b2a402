import { lagSeconds } from '../engine/replicator/database-status.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../service/store/store.ts';
import { databaseView } from './database-view.ts';
import type { DatabaseView, FullState, RestoreView, StreamEvents } from './page-messages.ts';
import type { PageStream } from './page-stream.ts';
import type { RecentEvents } from './recent-events.ts';
import { type Sample, SampleHistory, sampleCount, sampleIntervalMs } from './sample-history.ts';

/** How often states are looked at while somebody looks at the page. */
const lookMs = 1_000;
const signMs = 15_000;

export type ViewedStore = Pick<Store, 'status' | 'metrics'>;

export interface LiveOptions {
  readonly version: string;
  readonly hostname: string;
  readonly maxLagMs: number;
}

export interface LiveServices {
  readonly store: ViewedStore;
  readonly events: RecentEvents;
  readonly restores: () => readonly RestoreView[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What all pages show: looked at every second while there is one, else only for the history. */
export class LiveState {
  readonly #options: LiveOptions;
  readonly #services: LiveServices;
  readonly #streams = new Set<PageStream>();
  readonly #history = new SampleHistory();
  readonly #startedAtMs: number;
  /** The newest view of each database, and its JSON. */
  #views = new Map<string, { readonly view: DatabaseView; readonly json: string }>();
  #sampledMs: number | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: LiveOptions, services: LiveServices) {
    this.#options = options;
    this.#services = services;
    this.#startedAtMs = services.clock.now();
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, events, logger } = this.#services;
    const deaf = events.listen((event) => this.broadcast('log', event));
    let signedMs = clock.monotonic();
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) =>
        logger.debug('cannot look at the databases for the page', { error }),
      );
      if (clock.monotonic() - signedMs > signMs) {
        signedMs = clock.monotonic();
        for (const stream of this.#streams) stream.sign();
      }
      await clock.sleep(this.#streams.size > 0 ? lookMs : sampleIntervalMs, signal);
    }
    deaf();
    for (const stream of this.#streams) stream.end();
  }

  /** Sends everything to a page, and from then on what changes, until the returned function is called. */
  async join(stream: PageStream): Promise<() => void> {
    await this.#look();
    stream.send('full', this.#full());
    this.#streams.add(stream);
    return () => this.#streams.delete(stream);
  }

  broadcast<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void {
    for (const stream of this.#streams) stream.send(name, data);
  }

  #full(): FullState {
    const { version, hostname } = this.#options;
    const { clock, events, restores } = this.#services;
    return {
      ...{ version, hostname, startedAtMs: this.#startedAtMs, nowMs: clock.now(), sampleIntervalMs, sampleCount },
      databases: [...this.#views.values()].map(({ view }) => view),
      histories: this.#history.all(),
      events: events.kept,
      restores: restores(),
    };
  }

  /** One look at a time; who asks meanwhile waits for the same. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { store, clock } = this.#services;
    const [statuses, metrics] = await Promise.all([store.status(), store.metrics()]);
    const nowMs = clock.now();
    const metricsByPath = new Map(metrics.map((of) => [of.path, of]));
    const views = new Map<string, { readonly view: DatabaseView; readonly json: string }>();
    const changed: DatabaseView[] = [];
    for (const status of statuses) {
      const view = databaseView(status, metricsByPath.get(status.path), { maxLagMs: this.#options.maxLagMs, nowMs });
      const json = JSON.stringify(view);
      const known = this.#views.get(view.path);
      if (known?.json === json) {
        views.set(view.path, known);
        continue;
      }
      views.set(view.path, { view, json });
      changed.push(view);
    }
    const removed = [...this.#views.keys()].filter((path) => !views.has(path));
    this.#views = views;
    if (changed.length > 0 || removed.length > 0) this.broadcast('change', { nowMs, changed, removed });

    const monotonicMs = clock.monotonic();
    const sinceMs = monotonicMs - (this.#sampledMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < sampleIntervalMs - lookMs / 2) return;
    this.#sampledMs = monotonicMs;
    const samples = new Map<string, Sample>();
    for (const { view } of views.values()) {
      const walBytes = metricsByPath.get(view.path)?.counts.walBytes ?? 0;
      samples.set(view.path, { walBytes, lagSeconds: lagSeconds(view.behindSinceMs, nowMs) });
    }
    const seconds = Number.isFinite(sinceMs) ? sinceMs / 1000 : 0;
    this.broadcast('samples', { nowMs, values: this.#history.add(samples, seconds) });
  }
}
