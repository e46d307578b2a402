import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import type { Discovery } from './discovery.ts';

interface WatchedDirectory {
  readonly config: DirectoryConfig;
  readonly discovery: Discovery;
  readonly ending: AbortController;
  running: Promise<void> | undefined;
}

/** The directories whose databases are replicated, each from `open` to `end` or the end of all. */
export class Directories {
  readonly #newDiscovery: (config: DirectoryConfig) => Discovery;
  readonly #stop: AbortSignal;
  #watched: WatchedDirectory[] = [];

  /** `stop` ends all of them. */
  constructor(newDiscovery: (config: DirectoryConfig) => Discovery, stop: AbortSignal) {
    this.#newDiscovery = newDiscovery;
    this.#stop = stop;
  }

  get configs(): readonly DirectoryConfig[] {
    return this.#watched.map(({ config }) => config);
  }

  /** Finds what a directory holds and begins to watch it; what comes later joins after `run`. */
  async open(config: DirectoryConfig): Promise<{ discovery: Discovery; found: readonly DatabaseConfig[] }> {
    const discovery = this.#newDiscovery(config);
    this.#watched.push({ config, discovery, ending: new AbortController(), running: undefined });
    return { discovery, found: await discovery.scan() };
  }

  /** Lets databases join and leave by what happens in the directories that were opened. */
  run(): void {
    for (const watched of this.#watched) {
      watched.running ??= watched.discovery.run(AbortSignal.any([this.#stop, watched.ending.signal]));
    }
  }

  /** Ends a directory; resolves, when nothing joins or leaves by it any more, to the databases it has brought. */
  async end(config: DirectoryConfig): Promise<readonly string[]> {
    const ended = this.#watched.filter((watched) => watched.config === config);
    this.#watched = this.#watched.filter((watched) => watched.config !== config);
    for (const { ending, discovery } of ended) {
      ending.abort();
      discovery.close();
    }
    await Promise.all(ended.map(({ running }) => running));
    return ended.flatMap(({ discovery }) => discovery.paths);
  }

  /** Ends the watches at once. */
  close(): void {
    for (const { discovery } of this.#watched) discovery.close();
  }

  /** Resolves when nothing joins or leaves any more, after `stop` or `end`. */
  async settled(): Promise<void> {
    await Promise.all(this.#watched.map(({ running }) => running));
  }
}
