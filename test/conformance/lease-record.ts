import { toTxid } from '../../src/format/ltx/txid.ts';
import type { LeaseRecord } from '../../src/replica/lease/lease-record.ts';

/** A record that says what a test wants it to say, and something plausible for the rest. */
export function leaseRecord(
  fields: Partial<Omit<LeaseRecord, 'txid'>> & { readonly txid?: bigint | undefined } = {},
): LeaseRecord {
  return {
    generation: 1,
    owner: 'app-1:17',
    expiresAtMs: 1_763_716_000_123,
    ttlMs: 30_000,
    nonce: '00112233445566778899aabbccddeeff',
    hostname: undefined,
    sharedAt: undefined,
    ...fields,
    txid: fields.txid === undefined ? undefined : toTxid(fields.txid),
  };
}
