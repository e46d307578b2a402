import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/normal-config.ts';
import { messageOf } from '../runtime/typed-error.ts';
import { ListenError } from './listen-error.ts';

export interface ListeningOptions {
  readonly address: ListenAddress;
  /** What is served, and the key of the config file that says where: for messages. */
  readonly what: string;
  readonly key: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server at an address. From `open` to `close`. */
export class ListeningServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** What a handler throws is answered with status 500 and its message. Throws ListenError `not-listening`. */
  static async open({ address, what, key }: ListeningOptions, handler: Handler): Promise<ListeningServer> {
    const server = createServer((request, response) => {
      handler(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else answerText(response, 500, `${messageOf(error)}\n`);
      });
    });
    const { host, port } = address;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      });
    } catch (cause) {
      throw new ListenError(
        'not-listening',
        `Cannot serve ${what} at ${key} ${host ?? ''}:${port}: ${messageOf(cause)}`,
        {
          cause,
          hint: `configure another ${key}, or leave it away`,
        },
      );
    }
    return new ListeningServer(server);
  }

  /** `http://127.0.0.1:9090`, with the port that it has got. */
  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
