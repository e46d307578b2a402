import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestoreTarget } from '../../../src/engine/restore/restore-options.ts';
import { decodeLtxHeader, ltxHeaderBytes } from '../../../src/format/ltx/header.ts';
import { formatTxid, nextTxid, noTxid, type Txid, toTxid } from '../../../src/format/ltx/txid.ts';
import { ltxPath } from '../../../src/replica/directory-layout.ts';
import { soundnessQuery } from '../../support/changes.ts';
import type { DumpReader } from '../../support/dump-reader.ts';
import type { Random } from '../../support/random.ts';
import { restoreDatabase } from '../../support/restored-database.ts';
import { shippedTxids } from '../../support/shipped-txids.ts';
import { ModelFailure } from './model-failure.ts';

/** What the database held at each TXID that `sync` reported, and what a replica gives back for it. */
export class RecordedStates {
  readonly #replicas: readonly string[];
  readonly #outputPath: string;
  readonly #dumps: DumpReader;
  readonly #digests = new Map<Txid, string>();
  #newest: Txid = noTxid;

  constructor(replicas: readonly string[], outputPath: string, dumps: DumpReader) {
    this.#replicas = replicas;
    this.#outputPath = outputPath;
    this.#dumps = dumps;
  }

  /** Takes note of a shipped state. Throws ModelFailure when that TXID was another state before. */
  record(txid: Txid, digest: string): void {
    if (txid < this.#newest) {
      throw new ModelFailure('not-shipped', `TXID ${formatTxid(txid)} came after ${formatTxid(this.#newest)}`);
    }
    if ((this.#digests.get(txid) ?? digest) !== digest) {
      throw new ModelFailure('not-shipped', `the database changed and TXID ${formatTxid(txid)} stayed the newest`);
    }
    this.#digests.set(txid, digest);
    this.#newest = txid;
  }

  /** Restores the newest state and records it: everything was shipped before. */
  async recordNewest(replica: string, digest: string): Promise<void> {
    const { txid } = await this.#restore(replica, { kind: 'newest' });
    this.record(txid, digest);
    await this.#compare(txid, digest, 'restored as the newest state');
  }

  /** Whether every replica gives back this state for this TXID. */
  async isRestored(txid: Txid, digest: string): Promise<boolean> {
    for (const replica of this.#replicas) {
      await this.#restore(replica, { kind: 'txid', txid });
      if ((await this.#dumps.digests(this.#outputPath))[0] !== digest) return false;
    }
    return true;
  }

  /** Restores a random shipped state of a random replica, by TXID or by a moment, and compares. */
  async checkRandom(random: Random): Promise<void> {
    if (this.#newest === noTxid) return;
    const txid = random.chance(0.8)
      ? random.pick([...this.#digests.keys()])
      : toTxid(random.int(1, Number(this.#newest)));
    await this.check(txid, random);
  }

  /** Restores the newest recorded state from every replica, which has a level-0 file for each TXID. */
  async checkNewest(): Promise<void> {
    const digest = this.#digests.get(this.#newest);
    for (const replica of this.#replicas) {
      if (shippedTxids(replica).some((txid, i) => txid !== BigInt(i + 1))) {
        throw new ModelFailure('not-shipped', 'level 0 does not have one file for each TXID');
      }
      await this.#restore(replica, { kind: 'txid', txid: this.#newest });
      if (digest !== undefined) await this.#compare(this.#newest, digest, 'restored at the end');
    }
  }

  async check(txid: Txid, random: Random): Promise<void> {
    const replica = random.pick(this.#replicas);
    const target: RestoreTarget = random.chance(0.6)
      ? { kind: 'txid', txid }
      : { kind: 'moment', timestampMs: await this.#moment(replica, txid, random) };
    const restored = await this.#restore(replica, target);
    const how = `restored by ${target.kind === 'moment' ? `the moment ${target.timestampMs}` : 'TXID'}`;
    if (restored.txid !== txid) {
      throw new ModelFailure('wrong-state', `TXID ${formatTxid(txid)} ${how} came as ${formatTxid(restored.txid)}`);
    }
    const digest = this.#digests.get(txid);
    if (digest !== undefined) await this.#compare(txid, digest, how);
    else await this.#checkSound(txid);
  }

  /** A moment at or after that of a TXID and before that of the next one. */
  async #moment(replica: string, txid: Txid, random: Random): Promise<number> {
    const from = await timestampOf(replica, txid);
    if (!existsSync(filePath(replica, nextTxid(txid)))) return from;
    const to = await timestampOf(replica, nextTxid(txid));
    if (to <= from) throw new ModelFailure('wrong-state', `TXID ${formatTxid(txid)} is not older than the next one`);
    return from + Math.floor(random.next() * (to - from));
  }

  async #restore(replica: string, target: RestoreTarget) {
    try {
      return await restoreDatabase(replica, this.#outputPath, target);
    } catch (error) {
      const what = target.kind === 'txid' ? `TXID ${formatTxid(target.txid)}` : `the ${target.kind} state`;
      throw new ModelFailure('wrong-state', `${what} cannot be restored: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #compare(txid: Txid, digest: string, how: string): Promise<void> {
    const [restored] = await this.#dumps.digests(this.#outputPath);
    if (restored === digest) return;
    throw new ModelFailure('wrong-state', `TXID ${formatTxid(txid)} ${how} is another database (${restored})`);
  }

  /** A state nobody looked at when it was shipped still holds every append-only row before it, and no broken page. */
  async #checkSound(txid: Txid): Promise<void> {
    const rows = await this.#dumps.rows(this.#outputPath, soundnessQuery);
    if (JSON.stringify(rows) === '[[1,"ok"]]') return;
    throw new ModelFailure('wrong-state', `TXID ${formatTxid(txid)} is not sound: ${JSON.stringify(rows)}`);
  }
}

function filePath(replica: string, txid: Txid): string {
  return join(replica, ltxPath({ level: 0, minTxid: txid, maxTxid: txid }));
}

async function timestampOf(replica: string, txid: Txid): Promise<number> {
  await using file = await open(filePath(replica, txid));
  const bytes = new Uint8Array(ltxHeaderBytes);
  await file.read(bytes, 0, bytes.byteLength, 0);
  return decodeLtxHeader(bytes).timestampMs;
}
