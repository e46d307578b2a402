import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import type { WalPosition } from '../capture/wal-position.ts';
import { stateVersion } from './state-version.ts';

const schema = z.object({
  version: z.literal(stateVersion),
  txid: z.string(),
  salts: z.string().regex(/^[0-9a-f]{16}$/),
  frameCount: z.int().nonnegative(),
  checksum: z.tuple([z.int(), z.int()]).nullable(),
});

/**
 * Stores where in the WAL a TXID ends. Not made durable: a position that was lost or is stale is found out by its TXID and
 * its salts, and then the WAL is read again.
 */
export function savePosition(path: string, txid: Txid, position: WalPosition): void {
  const { salts, frameCount, checksum } = position;
  const stored: z.infer<typeof schema> = {
    version: stateVersion,
    txid: formatTxid(txid),
    salts: Buffer.from(salts).toString('hex'),
    frameCount,
    checksum: checksum === undefined ? null : [checksum.s1, checksum.s2],
  };
  writeFileSync(`${path}.tmp`, JSON.stringify(stored), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** The stored position of a TXID; undefined when there is none, or only that of another TXID. */
export async function loadPosition(path: string, txid: Txid): Promise<WalPosition | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.txid !== formatTxid(txid)) return undefined;
  const salts = new Uint8Array(Buffer.from(parsed.data.salts, 'hex'));
  const view = new DataView(salts.buffer);
  const { frameCount, checksum } = parsed.data;
  return {
    salts,
    salt1: view.getUint32(0),
    salt2: view.getUint32(4),
    frameCount,
    checksum: checksum === null ? undefined : { s1: checksum[0], s2: checksum[1] },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
