import * as z from 'zod';
import { formatTxid, parseTxid, type Txid } from '../../format/ltx/txid.ts';
import { ReplicaError } from '../replica-error.ts';

export const maxGeneration = 2 ** 32 - 1;

/** What a lease object says. */
export interface LeaseRecord {
  /** From 1 to 2^32 - 1; never falls. The fencing epoch of whoever holds the lease. */
  readonly generation: number;
  /** Empty when the lease was released. */
  readonly owner: string;
  /** By the wall clock of its writer: for people, and for Litestream. Never trusted. */
  readonly expiresAtMs: number;
  /** Undefined in a lease of Litestream's. */
  readonly ttlMs: number | undefined;
  /** Random and new in every write, so that a writer knows its own; empty in a lease of Litestream's. */
  readonly nonce: string;
  readonly hostname: string | undefined;
  /** The newest TXID its holder has shipped, for people. */
  readonly txid: Txid | undefined;
  /**
   * Where the lease lies that many databases share, as the way up from the folder of this object (`../..`): hosts may reach
   * one store under different names. This object then only points there.
   */
  readonly sharedAt: string | undefined;
}

const schema = z.object({
  generation: z.int().min(1).max(maxGeneration),
  owner: z.string().default(''),
  expires_at: z.iso.datetime({ offset: true }),
  ttl_ms: z.int().positive().optional(),
  nonce: z.string().default(''),
  hostname: z.string().optional(),
  txid: z.string().optional(),
  shared_at: z.string().optional(),
});

/** The bytes of a lease object, which Litestream's own lease code reads too. */
export function encodeLeaseRecord(record: LeaseRecord): Uint8Array {
  const stored: z.input<typeof schema> = {
    generation: record.generation,
    owner: record.owner,
    expires_at: new Date(record.expiresAtMs).toISOString(),
    ttl_ms: record.ttlMs,
    nonce: record.nonce,
    hostname: record.hostname,
    txid: record.txid === undefined ? undefined : formatTxid(record.txid),
    shared_at: record.sharedAt,
  };
  return Buffer.from(`${JSON.stringify(stored)}\n`);
}

/** Reads a lease object; what it does not know in it is passed over. `name` is the object's, for the error. */
export function decodeLeaseRecord(bytes: Uint8Array, name: string): LeaseRecord {
  const parsed = schema.safeParse(parseJson(bytes, name));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(name, `${issue?.path.join('.') || 'its content'}: ${issue?.message ?? 'not a lease'}`);
  }
  const { generation, owner, expires_at, ttl_ms, nonce, hostname, txid, shared_at } = parsed.data;
  return {
    generation,
    owner,
    expiresAtMs: Date.parse(expires_at),
    ttlMs: ttl_ms,
    nonce,
    hostname,
    txid: txid === undefined ? undefined : parseTxid(txid),
    sharedAt: shared_at,
  };
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw invalid(name, 'it is not JSON', cause);
  }
}

function invalid(name: string, state: string, cause?: unknown): ReplicaError {
  return new ReplicaError('invalid-lease', `Cannot read lease ${name}: ${state}`, {
    cause,
    hint: 'make sure that no process replicates to it, then remove that object',
  });
}
