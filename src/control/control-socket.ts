import type { Server } from 'node:http';
import type { SocketConfig } from '../config/normal-config.ts';
import type { Logger } from '../runtime/logger.ts';
import { type Controlled, controlRoutesOf } from './control-routes.ts';
import { jsonServer } from './json-server.ts';
import { listenOnSocket } from './listen-on-socket.ts';

/** How long those may stay connected that ask nothing, or do not read their answer. */
const graceMs = 500;

/** Where a running process is asked and told: HTTP over a Unix socket. From `open` to `close`. */
export class ControlSocket {
  readonly #server: Server;
  readonly #closing: AbortController;

  private constructor(server: Server, closing: AbortController) {
    this.#server = server;
    this.#closing = closing;
  }

  /** Throws ControlError `not-listening`. */
  static async open(
    config: SocketConfig,
    controlled: Controlled,
    { logger }: { logger: Logger },
  ): Promise<ControlSocket> {
    const closing = new AbortController();
    const server = jsonServer(controlRoutesOf(controlled), closing.signal, { logger });
    await listenOnSocket(server, config);
    logger.info('control socket listening', { path: config.path });
    return new ControlSocket(server, closing);
  }

  /** Takes the socket away; what is still under way is answered that it was not done. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(cut);
  }
}
