import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../src/config/config-error.ts';
import type { NormalConfig } from '../src/config/normal-config.ts';
import type { Logger } from '../src/runtime/logger.ts';
import { Mutex } from '../src/runtime/mutex.ts';
import { hintOf } from '../src/runtime/typed-error.ts';
import type { Store } from '../src/service/store/store.ts';
import type { HangUps } from './hang-ups.ts';

/** Keys of the config file that a running process does not take over. */
const fixedKeys = {
  exec: 'exec',
  socket: 'socket',
  metricsAddress: 'addr',
  dashboard: 'dashboard',
  mcp: 'mcp-addr mcp-token mcp-allow-changes',
  heartbeat: 'heartbeat-url heartbeat-interval',
  readyMaxLagMs: 'ready-max-lag',
  logging: 'logging',
  shutdownSyncTimeoutMs: 'shutdown-sync-timeout',
  shutdownSyncIntervalMs: 'shutdown-sync-interval',
  workers: 'workers',
  storeCallsPerSecond: 'store-calls-per-second',
  parkAfterMs: 'park-after',
  databasesAtOnce: 'databases-at-once',
} as const satisfies Readonly<Record<Exclude<keyof NormalConfig, 'databases' | 'directories'>, string>>;

export interface ReloadServices {
  readonly store: Pick<Store, 'configure'>;
  readonly logger: Logger;
  readonly hangUps: HangUps;
  /** Reads the config file again, with the flags worked in. */
  readonly read: () => Promise<NormalConfig>;
}

/** Goes over to the config file as it stands whenever SIGHUP asks for it. A file that cannot be used changes nothing. */
export class ConfigReload {
  readonly #services: ReloadServices;
  readonly #mutex = new Mutex();
  #config: NormalConfig;

  private constructor(config: NormalConfig, services: ReloadServices) {
    this.#config = config;
    this.#services = services;
  }

  /** `config`: what the process was started with. Listens until `close`. */
  static listen(config: NormalConfig, services: ReloadServices): ConfigReload {
    const reload = new ConfigReload(config, services);
    services.hangUps.request(() => void reload.#mutex.run(() => reload.#reload()));
    return reload;
  }

  /** From now on the signal changes nothing. */
  close(): void {
    this.#services.hangUps.request(() => {});
  }

  async #reload(): Promise<void> {
    const { store, logger, read } = this.#services;
    try {
      const config = await read();
      refuseNothing(config);
      const { added, changed, removed, begunDirectories, endedDirectories } = await store.configure(config);
      const names = (list: readonly { readonly path: string }[]) => list.map(({ path }) => path).join(' ') || undefined;
      const folders = (list: readonly { readonly directory: string }[]) =>
        list.map(({ directory }) => directory).join(' ') || undefined;
      logger.info('config file reloaded', {
        added: names(added),
        changed: names(changed),
        removed: names(removed),
        begun: folders(begunDirectories),
        ended: folders(endedDirectories),
      });
      this.#warnOfFixed(config);
      this.#config = config;
    } catch (error) {
      logger.error('cannot reload the config file, everything stays as it was', { error, hint: hintOf(error) });
    }
  }

  #warnOfFixed(config: NormalConfig): void {
    const others = Object.entries(fixedKeys).filter(
      ([key]) => !isDeepStrictEqual(config[key as keyof NormalConfig], this.#config[key as keyof NormalConfig]),
    );
    if (others.length === 0) return;
    const keys = others.map(([, name]) => name).join(' ');
    this.#services.logger.warn('a part of the config file takes effect at the next start only', { keys });
  }
}

/** A file that was caught half-written must not end every replication. */
function refuseNothing({ databases, directories, socket }: NormalConfig): void {
  if (databases.length > 0 || directories.length > 0 || socket !== undefined) return;
  throw new ConfigError('invalid', 'Cannot use config: it lists no databases', {
    hint: 'to end everything, stop the process',
  });
}
