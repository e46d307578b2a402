import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeLtxHeader, ltxHeaderBytes } from '../../src/format/ltx/header.ts';
import { backupStatus, type ListMomentsOptions, listMoments, type Moment } from '../../src/index.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { goldenCases } from '../golden/golden-case.ts';
import { recordingLogger } from '../service/recording-logger.ts';

const cases = goldenCases();
const basic = cases.find(({ name }) => name === 'basic')!;

async function moments(replicas: string | string[], options: ListMomentsOptions = {}): Promise<Moment[]> {
  const found: Moment[] = [];
  for await (const moment of listMoments(replicas, options)) found.push(moment);
  return found;
}

/** TXID and time of every end of a file, the lowest level first. */
function expectedMoments({ files }: (typeof cases)[number]): [txid: bigint, timestampMs: number, level: number][] {
  const ends = new Map<bigint, [bigint, number, number]>();
  for (const { maxTxid, level, bytes } of files.toSorted((a, b) => a.level - b.level)) {
    const { timestampMs } = decodeLtxHeader(bytes.subarray(0, ltxHeaderBytes));
    if (!ends.has(maxTxid)) ends.set(maxTxid, [maxTxid, timestampMs, level]);
  }
  return [...ends.values()].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('backupStatus', () => {
  it('gives the oldest and the newest state of recorded replicas, by headers and not by modification times', async (t) => {
    for (const recorded of cases) {
      const replica = join(temporaryFolder(t), 'replica');
      cpSync(recorded.folder, replica, { recursive: true });
      for (const { path } of recorded.files) utimesSync(join(replica, path), 1, 1);
      const expected = expectedMoments(recorded);
      const before = Date.now();
      const status = await backupStatus(replica);
      assert(status.outcome === 'backed-up');
      const { newest, oldest, ageMs, replicas } = status;
      assert.deepEqual([newest.txid, newest.timestampMs, newest.level], expected.at(-1), recorded.name);
      assert.deepEqual([oldest.txid, oldest.timestampMs, oldest.level], expected[0], recorded.name);
      const age = (nowMs: number) => Math.max(0, nowMs - newest.timestampMs);
      assert(ageMs >= age(before) && ageMs <= age(Date.now()), `${ageMs}`);
      assert.deepEqual(
        replicas.map(({ momentCount, lastTxid, error }) => ({ momentCount, lastTxid, error })),
        [{ momentCount: expected.length, lastTxid: newest.txid, error: undefined }],
      );
    }
  });

  it('tells no backup, a backup that cannot be read and a broken one from each other', async (t) => {
    const folder = temporaryFolder(t);
    const { outcome, replicas } = await backupStatus([join(folder, 'none'), join(folder, 'none-either')]);
    assert.deepEqual([outcome, replicas.map(({ name }) => name)], ['no-backup', ['file', 'file-2']]);

    const unreadable = join(folder, 'unreadable');
    mkdirSync(join(unreadable, 'ltx'), { recursive: true });
    writeFileSync(join(unreadable, 'ltx', '0'), 'not a directory');
    await assert.rejects(backupStatus([unreadable, join(folder, 'none')]), { code: 'unreachable' });
    await assert.rejects(moments([unreadable, join(folder, 'none')]), { code: 'unreachable' });
    const beside = await backupStatus([unreadable, basic.folder]);
    assert(beside.outcome === 'backed-up');
    assert.deepEqual(
      [beside.newest.replica, beside.replicas[0]?.error?.name, beside.replicas[1]?.error],
      ['file-2', 'ReplicaError', undefined],
    );

    const broken = join(folder, 'broken');
    cpSync(basic.folder, broken, { recursive: true });
    for (const level of readdirSync(join(broken, 'ltx'))) {
      for (const name of readdirSync(join(broken, 'ltx', level))) {
        if (name.startsWith('0000000000000001-')) rmSync(join(broken, 'ltx', level, name));
      }
    }
    await assert.rejects(backupStatus(broken), { code: 'gap' });
    await assert.rejects(moments(broken), { code: 'gap' });
  });
});

describe('listMoments', () => {
  it('yields every state of recorded replicas once, newest first or oldest first', async () => {
    for (const recorded of cases) {
      const expected = expectedMoments(recorded);
      const seen = await moments(recorded.folder, { order: 'oldest-first' });
      assert.deepEqual(
        seen.map(({ txid, timestampMs, level }) => [txid, timestampMs, level]),
        expected,
        recorded.name,
      );
      assert.deepEqual((await moments([recorded.folder, recorded.folder])).reverse(), seen);
      const txids = new Set(seen.map(({ txid }) => txid));
      for (const { txid } of recorded.points) assert(txids.has(txid));
    }
  });

  it('keeps to a range whose borders count, in any form of time', async () => {
    for (const recorded of cases) {
      const all = await moments(recorded.folder, { order: 'oldest-first' });
      for (let at = 0; at < all.length; at += 4) {
        const { timestampMs: fromMs } = all[at]!;
        const { timestampMs: toMs } = all[Math.floor((at + all.length) / 2)]!;
        const within = all.filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs <= toMs);
        const range = { from: new Date(fromMs), to: new Date(toMs).toISOString(), order: 'oldest-first' } as const;
        assert.deepEqual(await moments(recorded.folder, range), within);
        assert.deepEqual(
          await moments(recorded.folder, { from: fromMs, order: 'oldest-first' }),
          all.slice(all.findIndex((m) => m.timestampMs >= fromMs)),
        );
      }
      assert.deepEqual(await moments(recorded.folder, { to: all[0]!.timestampMs - 1 }), []);
      assert.deepEqual(await moments(recorded.folder, { from: all.at(-1)!.timestampMs + 1 }), []);
    }
    await assert.rejects(moments(basic.folder, { from: 'some day' }), { code: 'invalid-option' });
  });

  it('reads no more headers than the loop asks for', async (t) => {
    const largest = cases.toSorted((one, other) => other.files.length - one.files.length)[0]!;
    const replica = join(temporaryFolder(t), 'replica');
    cpSync(largest.folder, replica, { recursive: true });
    const newest = new Set(
      expectedMoments(largest)
        .slice(-16)
        .map(([txid]) => txid),
    );
    const others = largest.files.filter(({ maxTxid }) => !newest.has(maxTxid));
    assert(others.length > 0);
    for (const { path } of others) writeFileSync(join(replica, path), 'no header');
    let count = 0;
    for await (const { txid } of listMoments(replica)) {
      assert(txid > 0n);
      if (++count === 10) break;
    }
    assert.equal(count, 10);
    await assert.rejects(moments(replica), { code: 'file-invalid' });
  });

  it('says to its logger which replica it left out', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'ltx'));
    writeFileSync(join(folder, 'ltx', '0'), 'not a directory');
    const { logger, lines } = recordingLogger();
    assert.equal((await moments([folder, basic.folder], { logger })).length, expectedMoments(basic).length);
    assert.deepEqual(
      lines.map(({ level, fields }) => [level, fields.replica]),
      [['warn', 'file']],
    );
  });
});
