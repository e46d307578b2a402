import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/guarded-address.ts';

/** Why a request is not served: by whom it may be asked is not known, or it is known and is nobody that may. */
export type Refusal = { readonly status: 401 | 403; readonly reason: string };

export interface AccessOptions {
  /** What every request has to carry; undefined: whoever reaches this machine's own addresses may ask. */
  readonly token: string | undefined;
}

/** Refuses what neither carries the token nor, without one, comes from a program on this machine. */
export function refusal(request: IncomingMessage, { token }: AccessOptions): Refusal | undefined {
  if (token === undefined) return strangerRefusal(request);
  const given = bearerToken(request) ?? cookieToken(request);
  if (given === undefined) return { status: 401, reason: 'a token is needed' };
  return isSameToken(given, token) ? undefined : { status: 403, reason: 'the token is not the one that is configured' };
}

/**
 * A page of a foreign site may have its name lead to this machine and then read what is served here as its own. Its requests
 * carry that name, and the origin they were made from.
 */
function strangerRefusal({ headers }: IncomingMessage): Refusal | undefined {
  const { host = '', origin } = headers;
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  if (!isLoopback(name)) {
    return { status: 403, reason: `it was asked for as ${host}, and without a token only as localhost` };
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, reason: `it was asked for by a page of ${origin}` };
  }
  return undefined;
}

export function isSameToken(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** The name of the cookie that a browser keeps the token in. */
export const tokenCookie = 'litestream-token';

function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

function cookieToken({ headers }: IncomingMessage): string | undefined {
  const cookies = (headers.cookie ?? '').split(/; */).map((cookie) => cookie.split('='));
  const value = cookies.find(([name]) => name === tokenCookie)?.[1];
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined; // not a cookie of ours
  }
}
