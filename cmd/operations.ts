import { hostname } from 'node:os';
import { ConfigError } from '../src/config/config-error.ts';
import { expandPath } from '../src/config/database-paths.ts';
import type { Controlled } from '../src/control/control-routes.ts';
import type { RecentEvents } from '../src/dashboard/recent-events.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Logger } from '../src/runtime/logger.ts';
import type { Store } from '../src/service/store/store.ts';
import type { CommandIo } from './command.ts';
import { ConfigReload } from './config-reload.ts';
import type { HangUps } from './hang-ups.ts';
import type { ReplicateArguments, ReplicateFile } from './replicate-arguments.ts';
import { programVersion } from './version.ts';

export interface OperationsServices {
  readonly store: Store;
  readonly logger: Logger;
  /** The last lines of the log; undefined when nobody will look at them. */
  readonly events: RecentEvents | undefined;
  readonly hangUps: HangUps;
}

/** The build puts the page beside the command. */
const pageFolder = new URL('./page/', import.meta.url);

/** What a running process offers beside the replication, as far as it is configured: reload, control, metrics, dashboard, tools, heartbeat. */
export class Operations {
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Throws ControlError or ListenError with nothing left open. */
  static async open(
    { config, file }: ReplicateArguments,
    { environment }: CommandIo,
    { store, logger, events, hangUps }: OperationsServices,
  ): Promise<Operations> {
    const operations = new Operations();
    const closers = operations.#closers;
    const { socket, metricsAddress: address, dashboard, readyMaxLagMs: maxLagMs, mcp, heartbeat } = config;
    const resolvePath = (path: string) => expandPath(path, environment);
    try {
      if (file !== undefined) {
        const reload = ConfigReload.listen(config, { store, logger, hangUps, read: () => file.reread() });
        closers.push(() => reload.close());
      }
      if (socket !== undefined) {
        const { ControlSocket } = await import('../src/control/control-socket.ts');
        const control = await ControlSocket.open(socket, controlled(store, file, resolvePath), { logger });
        closers.push(() => control.close());
      }
      if (address !== undefined) {
        const { MetricsServer } = await import('../src/monitoring/metrics-server.ts');
        const metrics = await MetricsServer.open(store, { address, maxLagMs }, { logger });
        closers.push(() => metrics.close());
      }
      if (dashboard !== undefined && events !== undefined) {
        const { DashboardServer } = await import('../src/dashboard/dashboard-server.ts');
        const options = { place: dashboard, maxLagMs, version: programVersion(), hostname: hostname() };
        const services = { store, events, clock: systemClock, logger };
        const page = await DashboardServer.open({ ...options, configPath: file?.path, pageFolder }, services);
        closers.push(() => page.close());
      }
      if (mcp !== undefined && file !== undefined) {
        const { ToolServer } = await import('../src/mcp/tool-server.ts');
        const tools = await ToolServer.open(mcp, {
          store,
          version: programVersion(),
          startedAtMs: Date.now(),
          configPath: file.path,
          resolvePath,
          logger,
        });
        closers.push(() => tools.close());
      }
      if (heartbeat !== undefined) {
        const { Heartbeat } = await import('../src/monitoring/heartbeat.ts');
        const ended = new AbortController();
        const beating = new Heartbeat(heartbeat, { store, clock: systemClock, logger }).run(ended.signal);
        closers.push(() => {
          ended.abort();
          return beating;
        });
      }
      return operations;
    } catch (error) {
      await operations.close();
      throw error;
    }
  }

  /** What was opened last ends first. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

function controlled(store: Store, file: ReplicateFile | undefined, resolvePath: (path: string) => string): Controlled {
  return {
    store,
    version: programVersion(),
    startedAtMs: Date.now(),
    resolvePath,
    databaseConfig: (path, replicaUrl) => {
      if (file !== undefined) return file.databaseAt(path, replicaUrl);
      throw new ConfigError('usage', `Cannot register ${path}: there is no config file`);
    },
  };
}
