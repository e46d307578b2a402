import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { bodyText } from '../http/body-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { hintOf, messageOf } from '../runtime/typed-error.ts';
import { ServiceError } from '../service/service-error.ts';
import type { ErrorAnswer } from './control-messages.ts';

const mostBodyBytes = 1 << 20;

export interface HttpRequest {
  readonly query: URLSearchParams;
  /** The JSON of the body; undefined without one. */
  readonly body: unknown;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

/** `GET /info` and the like, each with what it answers. */
export type Routes = Readonly<Record<string, (request: HttpRequest) => Promise<object>>>;

/** A request that cannot be served, with its status code. */
export class HttpError extends Error {
  readonly status: number;
  readonly details: string | undefined;

  constructor(status: number, message: string, details?: string) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** A server of JSON answers. `closing` ends what is under way when it closes. */
export function jsonServer(routes: Routes, closing: AbortSignal, { logger }: { readonly logger: Logger }): Server {
  return createServer((request, response) => {
    void answer(request, routes, closing).then(({ status, body, db }) => {
      if (status >= 500) logger.warn('a request failed', { route: `${request.method} ${request.url}`, db, ...body });
      send(response, status, body);
    });
  });
}

async function answer(
  request: IncomingMessage,
  routes: Routes,
  signal: AbortSignal,
): Promise<{ status: number; body: object; db?: unknown }> {
  let db: unknown;
  try {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const act = routes[`${request.method} ${pathname}`];
    if (act === undefined) throw notServed(pathname, routes);
    const body = await jsonBody(request);
    db = typeof body === 'object' && body !== null && 'path' in body ? body.path : undefined;
    return { status: 200, body: await act({ query, body, signal }) };
  } catch (error) {
    return { ...failure(error), db };
  }
}

function notServed(pathname: string, routes: Routes): HttpError {
  const methods = Object.keys(routes).filter((route) => route.endsWith(` ${pathname}`));
  if (methods.length > 0)
    return new HttpError(405, `method not allowed: ${pathname} takes ${methods[0]!.split(' ')[0]}`);
  return new HttpError(404, `not found: ${pathname}`);
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const text = await bodyText(request, mostBodyBytes);
  if (text === undefined) throw new HttpError(413, `request body is larger than ${mostBodyBytes} bytes`);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'invalid request body', String(error));
  }
}

function failure(error: unknown): { status: number; body: ErrorAnswer } {
  if (error instanceof HttpError)
    return { status: error.status, body: { error: error.message, details: error.details } };
  if (error instanceof z.ZodError)
    return { status: 400, body: { error: error.issues[0]?.message ?? 'invalid request' } };
  const message = messageOf(error);
  return { status: statusOf(error), body: { error: message, details: hintOf(error) } };
}

function statusOf(error: unknown): number {
  if (error instanceof ConfigError) return 400;
  if (!(error instanceof ServiceError)) return 500;
  const codes: Readonly<Record<string, number>> = { 'unknown-database': 404, 'already-there': 409 };
  return codes[error.code] ?? 500;
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  const contentLength = Buffer.byteLength(text);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': contentLength,
    connection: 'close',
  });
  response.end(text);
}
