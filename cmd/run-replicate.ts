import type { LoggingConfig, NormalConfig } from '../src/config/normal-config.ts';
import { RecentEvents } from '../src/dashboard/recent-events.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Logger } from '../src/runtime/logger.ts';
import { once } from '../src/service/store/once.ts';
import { openStore } from '../src/service/store/open-store.ts';
import type { Store } from '../src/service/store/store.ts';
import type { StoreOptions } from '../src/service/store/store-options.ts';
import type { CommandIo } from './command.ts';
import { consoleLogger } from './console-logger.ts';
import { ExecChild } from './exec-child.ts';
import { HangUps } from './hang-ups.ts';
import { OnceProgress } from './once-progress.ts';
import { Operations, type OperationsServices } from './operations.ts';
import { ProgressBar } from './progress-bar.ts';
import type { ReplicateArguments } from './replicate-arguments.ts';
import { ServiceManager } from './service-manager.ts';
import { StopSignals } from './signals.ts';

/**
 * Replicates until a signal or, with `once`, until everything is shipped. Resolves to the exit code. The signals stay caught
 * to the end of the process: one that npm passes on late must not kill it.
 */
export async function runReplicate(given: ReplicateArguments, io: CommandIo): Promise<number> {
  const { config, blame, adopt } = given;
  // A log line takes the place of a bar, which is drawn again below it.
  const bar =
    given.once && io.isTerminal ? new ProgressBar({ write: io.write, monotonic: systemClock.monotonic }) : undefined;
  const events = config.dashboard === undefined ? undefined : new RecentEvents();
  const written = loggerOf(config.logging, io, bar);
  const logger = events?.tee(written) ?? written;
  const shutdown = { timeoutMs: config.shutdownSyncTimeoutMs, retryMs: config.shutdownSyncIntervalMs };
  const { databases, directories, workers, storeCallsPerSecond, parkAfterMs, databasesAtOnce } = config;
  const options: StoreOptions = {
    databases,
    directories,
    workers,
    storeCallsPerSecond,
    parkAfterMs,
    databasesAtOnce,
    blame,
    adopt,
    shutdown,
    careMode: given.once ? 'on-demand' : 'by-schedule',
    logLevel: config.logging.level,
    saysProgress: bar === undefined,
  };
  const store = openStore(options, { logger });
  announce(config, given.missingVariables, logger);
  return given.once ? runOnce(store, given, bar, logger) : runUntilStopped(given, io, { store, logger, events });
}

async function runOnce(
  store: Store,
  given: ReplicateArguments,
  bar: ProgressBar | undefined,
  logger: Logger,
): Promise<number> {
  const { signal } = StopSignals.listen();
  const progress = bar && new OnceProgress(store, bar);
  const ended = new AbortController();
  const { forceSnapshot, enforceRetention } = given;
  const maintain = forceSnapshot || enforceRetention ? { forceSnapshot, enforceRetention } : undefined;
  const drawing = progress?.run(ended.signal);
  const report = await once(store, { signal, maintain, onEnded: (path) => progress?.ended(path) }).finally(async () => {
    ended.abort();
    await drawing;
  });
  const { shipped, failed } = report;
  for (const { path, txid } of shipped) logger.info('everything is shipped', { db: path, txid });
  for (const { path, error } of failed) logger.error('not everything is shipped', { db: path, error });
  return failed.length === 0 ? 0 : 1;
}

/** With `exec` the program's end is the end: it gets our signals, and what it wrote last is still shipped. */
async function runUntilStopped(
  given: ReplicateArguments,
  io: CommandIo,
  services: Omit<OperationsServices, 'hangUps'>,
): Promise<number> {
  const { store, logger } = services;
  const { exec } = given.config;
  const signals = StopSignals.listen();
  const end = () => signals.hangUp();
  const hangUps = HangUps.listen(end, given.file === undefined ? end : () => {});
  const operations = await Operations.open(given, io, { ...services, hangUps });
  const manager = new ServiceManager(io.environment.variables, io.environment.processId, { logger });
  try {
    await startedOrStopped(store, signals.signal);
    if (!signals.signal.aborted) manager.ready();
    if (exec !== undefined) await activeOrStopped(store, signals.signal);
    const child = exec === undefined || signals.signal.aborted ? undefined : ExecChild.start(exec);
    const requested = new Promise<number>((resolve) => {
      whenAborted(signals.signal, () => {
        logger.info('stopping', { signal: signals.received });
        if (child === undefined) resolve(0);
        // Its terminal has told the program too, and not every one ends by that.
        else child.forward(signals.received === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
      });
    });
    return await (child?.exitCode ?? requested);
  } finally {
    manager.stopping();
    await operations.close();
    await store.stop();
    manager.close();
    logger.info('stopped');
    if (signals.received === 'SIGHUP') hangUps.end();
  }
}

/** A store that does not answer holds a start up, but not a stop. */
async function startedOrStopped(store: Store, signal: AbortSignal): Promise<void> {
  const starting = store.start();
  starting.catch(() => {}); // met here, or given up with the stop
  await Promise.race([starting, new Promise<void>((resolve) => whenAborted(signal, resolve))]);
}

/** The application of a host that stands by is not started. */
async function activeOrStopped(store: Store, signal: AbortSignal): Promise<void> {
  try {
    await store.active({ signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

function announce(config: NormalConfig, missingVariables: readonly string[], logger: Logger): void {
  for (const { path, replicas } of config.databases) {
    logger.info('replicating', { db: path, to: replicas.map(({ url }) => url).join(' ') });
  }
  for (const { directory, pattern, replicas } of config.directories) {
    const to = replicas?.map(({ url }) => url).join(' ') ?? '<database>-replica/ beside each';
    logger.info('replicating the databases of a directory', { directory, pattern, to });
  }
  for (const name of missingVariables)
    logger.warn('the config file names a variable that is not set', { variable: name });
}

function loggerOf(logging: LoggingConfig, io: CommandIo, bar: ProgressBar | undefined): Logger {
  return consoleLogger(logging, (line) => {
    bar?.end();
    io[logging.stream === 'stdout' ? 'print' : 'tell'](line.trimEnd());
  });
}
