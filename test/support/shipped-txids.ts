import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseTxid, type Txid } from '../../src/format/ltx/txid.ts';
import { levelPath } from '../../src/replica/directory-layout.ts';

/** The TXIDs of level 0 in a directory replica, ascending; a file of more than one TXID counts as its last. */
export function shippedTxids(replica: string): Txid[] {
  return readdirSync(join(replica, levelPath(0)))
    .filter((name) => name.endsWith('.ltx'))
    .map((name) => parseTxid(name.slice(17, 33))!)
    .sort((a, b) => Number(a - b));
}
