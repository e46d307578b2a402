import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to a server, and can hold back a request on its way there. */
export class HeldBackProxy implements AsyncDisposable {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #pattern: RegExp | undefined;
  #holding: (() => void) | undefined;
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  static async start(target: string): Promise<HeldBackProxy> {
    const { hostname, port } = new URL(target);
    let proxy: HeldBackProxy | undefined;
    const server = createServer((client) => proxy?.pass(client, connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as { port: number };
    proxy = new HeldBackProxy(server, `http://127.0.0.1:${address.port}`);
    return proxy;
  }

  private constructor(server: Server, endpoint: string) {
    this.#server = server;
    this.endpoint = endpoint;
  }

  /** The next request whose first line matches is held back, with all that follows on its connection; resolves when it is. */
  holdBack(pattern: RegExp): Promise<void> {
    this.#pattern = pattern;
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
    return new Promise((resolve) => {
      this.#holding = resolve;
    });
  }

  /** Lets it arrive. */
  release(): void {
    this.#release();
  }

  pass(client: Socket, upstream: Socket): void {
    let sending: Promise<unknown> = Promise.resolve();
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      if (this.#pattern?.test(bytes.toString('latin1').split('\r\n')[0]!)) {
        this.#pattern = undefined;
        const released = this.#released;
        sending = sending.then(() => released);
        this.#holding?.();
      }
      sending = sending.then(() => upstream.write(bytes));
    });
    // A sender that is gone does not call its request back.
    client.on('end', () => void sending.then(() => upstream.end()));
    upstream.on('data', (bytes) => client.writable && client.write(bytes)).on('end', () => client.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
