import * as z from 'zod';
import { toChecksum } from '../../format/ltx/checksum.ts';
import { parseTxid, type Txid } from '../../format/ltx/txid.ts';
import { stateVersion } from './state-version.ts';

const txid = z.string().transform((text, context): Txid => {
  const parsed = parseTxid(text);
  if (parsed === undefined) context.addIssue({ code: 'custom', message: 'not a TXID' });
  return parsed ?? (0n as Txid);
});

/** What a marker's file says. Loaded to read one: a restore only writes it. */
export const storedRestoreMarker = z.object({
  version: z.literal(stateVersion),
  txid,
  newestTxid: txid,
  checksum: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .transform((text) => toChecksum(BigInt(`0x${text}`))),
});

export type StoredRestoreMarker = z.infer<typeof storedRestoreMarker>;
