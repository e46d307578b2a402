import { useEffect, useState } from 'preact/hooks';
import type {
  DatabaseView,
  EventView,
  FullState,
  History,
  RestoreView,
  Samples,
  StateChange,
  StreamEvents,
} from '../page-messages.ts';

const keptEvents = 300;

/** Whether what is shown is up to date. */
export type Connection = 'connecting' | 'live' | 'lost';

/** Everything that is known, kept up to date by the stream of the server. */
export class PageState {
  connection: Connection = 'connecting';
  about: Pick<FullState, 'version' | 'hostname' | 'sampleIntervalMs' | 'sampleCount'> | undefined;
  readonly databases = new Map<string, DatabaseView>();
  readonly histories = new Map<string, History>();
  readonly restores = new Map<number, RestoreView>();
  /** Newest first. */
  events: EventView[] = [];
  /** How far the clock of the server is ahead of this one's. */
  #aheadMs = 0;
  readonly #listeners = new Set<() => void>();
  #isTelling = false;

  /** The time at the server. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Calls back after changes until the returned function is called; several changes may come as one. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects to the server and stays connected. */
  connect(): void {
    const source = new EventSource('events');
    const on = <Name extends keyof StreamEvents>(name: Name, take: (data: StreamEvents[Name]) => void) =>
      source.addEventListener(name, (message) => {
        take(JSON.parse((message as MessageEvent<string>).data) as StreamEvents[Name]);
        this.#tell();
      });
    on('full', (full) => this.#takeFull(full));
    on('change', (change) => this.#takeChange(change));
    on('samples', (samples) => this.#takeSamples(samples));
    on('log', (event) => {
      this.events = [event, ...this.events].slice(0, keptEvents);
    });
    on('restore', (restore) => this.restores.set(restore.id, restore));
    source.addEventListener('error', () => {
      this.connection = 'lost';
      this.#tell();
      // A browser gives up for good when it is answered with an error, such as that of a proxy while the process starts anew.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => this.connect(), 3_000);
    });
  }

  /** For how long something has been lacking; 0 when nothing is. */
  lagSeconds(behindSinceMs: number | undefined): number {
    return behindSinceMs === undefined ? 0 : Math.max(0, this.now() - behindSinceMs) / 1000;
  }

  writeRate(path: string): number {
    return this.histories.get(path)?.writeRates.at(-1) ?? 0;
  }

  #takeFull({ databases, histories, events, restores, nowMs, ...about }: FullState): void {
    this.connection = 'live';
    this.about = about;
    this.#aheadMs = nowMs - Date.now();
    this.databases.clear();
    for (const database of databases) this.databases.set(database.path, database);
    this.histories.clear();
    for (const [path, history] of Object.entries(histories)) this.histories.set(path, history);
    this.restores.clear();
    for (const restore of restores) this.restores.set(restore.id, restore);
    this.events = [...events].reverse();
  }

  #takeChange({ changed, removed, nowMs }: StateChange): void {
    this.#aheadMs = nowMs - Date.now();
    for (const database of changed) this.databases.set(database.path, database);
    for (const path of removed) {
      this.databases.delete(path);
      this.histories.delete(path);
    }
  }

  #takeSamples({ values }: Samples): void {
    const count = this.about?.sampleCount ?? 0;
    for (const path of new Set([...this.histories.keys(), ...Object.keys(values)])) {
      const [rate, lag] = values[path] ?? [0, 0];
      const empty = Array.from({ length: count }, () => 0);
      const { writeRates, lagSeconds } = this.histories.get(path) ?? { writeRates: empty, lagSeconds: empty };
      const history = { writeRates: [...writeRates.slice(1), rate], lagSeconds: [...lagSeconds.slice(1), lag] };
      this.histories.set(path, history);
    }
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    requestAnimationFrame(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

/** Renders the component again whenever the state changes, and every second, as times go on. Gives a number that changes. */
export function useChanges(state: PageState): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const bump = () => setVersion((before) => before + 1);
    const deaf = state.listen(bump);
    const timer = setInterval(bump, 1_000);
    return () => {
      deaf();
      clearInterval(timer);
    };
  }, [state]);
  return version;
}
