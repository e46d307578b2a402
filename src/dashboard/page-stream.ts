import type { ServerResponse } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { StreamEvents } from './page-messages.ts';

/** A page that reads so slowly is let go; its browser connects again. */
const mostBufferedBytes = 16 << 20;

/** One page that is told of everything as it happens: server-sent events. */
export class PageStream {
  readonly #response: ServerResponse;
  readonly #gzip: Gzip | undefined;

  private constructor(response: ServerResponse, gzip: Gzip | undefined) {
    this.#response = response;
    this.#gzip = gzip;
  }

  static open(response: ServerResponse, { acceptsGzip }: { readonly acceptsGzip: boolean }): PageStream {
    const gzip = acceptsGzip ? createGzip({ level: 3 }) : undefined;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      ...(gzip === undefined ? {} : { 'content-encoding': 'gzip' }),
    });
    gzip?.pipe(response);
    return new PageStream(response, gzip);
  }

  send<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Keeps what stands between from closing a connection on which nothing comes. */
  sign(): void {
    this.#write(':\n\n');
  }

  /** What was sent still arrives. */
  end(): void {
    if (this.#gzip === undefined) this.#response.end();
    else this.#gzip.end();
  }

  /** Lets go of everything at once. */
  cut(): void {
    this.#gzip?.destroy();
    this.#response.destroy();
  }

  #write(text: string): void {
    if (this.#response.destroyed) return;
    const waiting = this.#response.writableLength + (this.#gzip?.writableLength ?? 0);
    if (waiting > mostBufferedBytes) this.cut();
    else if (this.#gzip === undefined) this.#response.write(text);
    else {
      this.#gzip.write(text);
      this.#gzip.flush(constants.Z_SYNC_FLUSH);
    }
  }
}
