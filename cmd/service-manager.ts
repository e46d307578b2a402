import { execFile } from 'node:child_process';
import type { Logger } from '../src/runtime/logger.ts';

/** Half of what the manager allows between two signs of life. */
const watchdogShare = 0.5;
const microsecondsPerMs = 1_000;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Tells systemd how this process is, where it asks for that (`Type=notify`, `WatchdogSec=`). Node has no datagram sockets of that
 * kind, so `systemd-notify` is run, which the unit allows by `NotifyAccess=all`. Anywhere else it does nothing.
 */
export class ServiceManager {
  readonly #logger: Logger;
  readonly #isAsked: boolean;
  #watchdog: NodeJS.Timeout | undefined;
  #hasFailed = false;

  constructor(variables: Variables, pid: number, { logger }: { readonly logger: Logger }) {
    this.#logger = logger;
    this.#isAsked = Boolean(variables.NOTIFY_SOCKET);
    const watchdogUs = Number(variables.WATCHDOG_USEC ?? 0);
    const isForUs = variables.WATCHDOG_PID === undefined || Number(variables.WATCHDOG_PID) === pid;
    if (!this.#isAsked || !isForUs || !(watchdogUs > 0)) return;
    const everyMs = (watchdogUs / microsecondsPerMs) * watchdogShare;
    // A loop that hangs does not get here: that is what the manager waits for.
    this.#watchdog = setInterval(() => this.#tell('WATCHDOG=1'), everyMs);
    this.#watchdog.unref();
  }

  ready(): void {
    this.#tell('READY=1', 'STATUS=replicating');
  }

  /** A stop may take as long as `shutdown-sync-timeout`; the watchdog goes on meanwhile. */
  stopping(): void {
    this.#tell('STOPPING=1', 'STATUS=shipping what is left');
  }

  close(): void {
    clearInterval(this.#watchdog);
  }

  #tell(...words: string[]): void {
    if (!this.#isAsked) return;
    execFile('systemd-notify', words, { timeout: 5_000 }, (error) => {
      if (error === null || this.#hasFailed) return;
      this.#hasFailed = true;
      const hint = 'the unit needs NotifyAccess=all, and systemd-notify has to be installed';
      this.#logger.warn('cannot tell systemd how this process is', { error: error.message.trim(), hint });
    });
  }
}
