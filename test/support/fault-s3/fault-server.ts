import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type S3Location, type S3Settings, s3Location } from '../../../src/replica/s3/s3-location.ts';
import { MemoryS3, operationOf, type S3Answer, type S3Operation, type S3Request } from './memory-s3.ts';

/** What goes wrong with one request. */
export type Fault =
  /** Another answer than the store's. `after`: the store carries the request out all the same, and its reply is lost. */
  | { readonly kind: 'answer'; readonly answer: S3Answer; readonly after?: 'carried-out' | undefined }
  /** The connection breaks before an answer. */
  | { readonly kind: 'drop'; readonly after?: 'carried-out' | undefined }
  /** The connection breaks after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** The body comes in pieces with pauses in between. */
  | { readonly kind: 'trickle'; readonly pieceBytes: number; readonly pauseMs: number }
  /** Nothing comes until `released` resolves. */
  | { readonly kind: 'wait'; readonly released: Promise<unknown> };

/** An S3 server over HTTP whose faults are scripted. */
export class FaultServer implements AsyncDisposable {
  readonly store = new MemoryS3();
  /** Every request so far, in order of arrival. */
  readonly requests: S3Request[] = [];
  readonly endpoint: string;
  readonly #server: Server;
  readonly #faults: { operation: S3Operation; fault: Fault; left: number }[] = [];

  static async start(): Promise<FaultServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('Cannot start the server: no address');
    const started = new FaultServer(server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request, response) => {
      started.#serve(request, response).catch(() => response.destroy()); // the client went away
    });
    return started;
  }

  private constructor(server: Server, endpoint: string) {
    this.#server = server;
    this.endpoint = endpoint;
  }

  location(settings: S3Settings = {}): S3Location {
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    return s3Location({ bucket: 'bucket', path: 'db', endpoint: this.endpoint, ...credentials, ...settings });
  }

  /** The next `times` requests of an operation meet a fault. Faults of one operation happen in the order they are given. */
  fail(operation: S3Operation, fault: Fault, times = 1): void {
    this.#faults.push({ operation, fault, left: times });
  }

  count(operation: S3Operation): number {
    return this.requests.filter((request) => operationOf(request) === operation).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const url = new URL(message.url ?? '', this.endpoint);
    const key = decodeURIComponent(url.pathname.replace(/^\/bucket\/?/, ''));
    const { method = '', headers } = message;
    const request = { method, key, query: url.searchParams, headers, body: Buffer.concat(chunks) };
    this.requests.push(request);
    const fault = this.#nextFault(operationOf(request));
    if (fault?.kind === 'wait') await fault.released;
    const isLost = fault?.kind === 'answer' || fault?.kind === 'drop';
    const own = isLost && fault.after === undefined ? undefined : this.store.answer(request);
    if (fault?.kind === 'drop') message.socket.destroy();
    else await send(response, method, fault?.kind === 'answer' ? fault.answer : (own ?? { status: 500 }), fault);
  }

  #nextFault(operation: S3Operation): Fault | undefined {
    const next = this.#faults.find((each) => each.operation === operation && each.left > 0);
    if (next !== undefined) next.left -= 1;
    return next?.fault;
  }
}

async function send(
  response: ServerResponse,
  method: string,
  answer: S3Answer,
  fault: Fault | undefined,
): Promise<void> {
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { 'content-length': body.byteLength, ...answer.headers });
  if (method === 'HEAD') response.end();
  else if (fault?.kind === 'cut') {
    response.write(body.subarray(0, fault.bytes), () => setImmediate(() => response.destroy()));
  } else if (fault?.kind === 'trickle') {
    for (let at = 0; at < body.byteLength; at += fault.pieceBytes) {
      response.write(body.subarray(at, at + fault.pieceBytes));
      await sleep(fault.pauseMs, undefined, { ref: false });
    }
    response.end();
  } else response.end(body);
}
