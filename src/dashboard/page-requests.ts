import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { RestoreTarget } from '../engine/restore/restore-options.ts';
import { parseTxid } from '../format/ltx/txid.ts';
import { bodyText } from '../http/body-text.ts';
import { DashboardError } from './dashboard-error.ts';

const mostBodyBytes = 1 << 16;
const name = z.string().min(1);

export const restoreRequest = z.strictObject({ db: name, replica: name, txid: name, fileName: z.string() });
export const cancelRequest = z.strictObject({ id: z.number().int() });

const replicaQuery = z.object({ db: name, replica: name });

export function replicaOf(query: URLSearchParams): { readonly db: string; readonly replica: string } {
  return checked(replicaQuery, Object.fromEntries(query));
}

/** `txid` or `timestamp` in milliseconds; without either the newest state. Throws DashboardError `invalid`. */
export function targetOf(query: URLSearchParams): RestoreTarget {
  const [digits, time] = [query.get('txid'), query.get('timestamp')];
  if (digits !== null) {
    const txid = parseTxid(digits);
    if (txid !== undefined) return { kind: 'txid', txid };
    throw new DashboardError('invalid', `Cannot use ${digits} as a TXID: it is none`);
  }
  if (time === null) return { kind: 'newest' };
  if (/^\d+(\.\d+)?$/.test(time)) return { kind: 'moment', timestampMs: Math.floor(Number(time)) };
  throw new DashboardError('invalid', `Cannot use ${time} as a time: it is none`);
}

/**
 * The JSON of a request. That it has to say so keeps forms of foreign sites from sending it with a browser's cookie. Throws
 * DashboardError `invalid`.
 */
export async function bodyOf<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new DashboardError('invalid', 'Cannot read the request: it is not JSON');
  }
  const text = await textOf(request);
  try {
    return checked(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof DashboardError) throw error;
    throw new DashboardError('invalid', 'Cannot read the request: it is not JSON', { cause: error });
  }
}

/** Throws DashboardError `invalid` for a body that is too large. */
export async function textOf(request: IncomingMessage): Promise<string> {
  const text = await bodyText(request, mostBodyBytes);
  if (text !== undefined) return text;
  throw new DashboardError('invalid', 'Cannot read the request: it is too large');
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new DashboardError('invalid', `Cannot read the request: ${path.join('.')} ${message}`);
}
