import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levels } from '../../../src/format/ltx/level.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { body, bytesOf, file, listAll, listEverything, type ReplicaSuite } from './fixture.ts';

export function listingTests(suite: ReplicaSuite): void {
  test('list of a replica that does not exist is empty at every level', async () => {
    await using replica = await suite.open();
    for (const level of levels) assert.deepEqual(await listAll(replica.client, level), []);
  });

  test('list gives level, TXIDs and size, ascending by min TXID, then max TXID, whatever the order of writing', async () => {
    await using replica = await suite.open();
    const largest = 0xffff_ffff_ffff_ffffn;
    const ranges: [bigint, bigint][] = [
      [5n, 9n],
      [largest, largest],
      [1n, 4n],
      [5n, 5n],
      [1n, 16n],
      [16n, 17n],
      [0x8000_0000_0000_0000n, 0x8000_0000_0000_0001n],
      [255n, 256n],
    ];
    for (const [at, [min, max]] of ranges.entries()) {
      await replica.client.write(file(2, min, max), body(bytesOf(100 + at)));
    }
    const sizes = new Map(ranges.map(([min, max], at) => [`${min}-${max}`, 100 + at]));
    const expected = ranges
      .toSorted(([a, b], [c, d]) => (a < c || (a === c && b < d) ? -1 : 1))
      .map(([min, max]) => ({ ...file(2, min, max), sizeBytes: sizes.get(`${min}-${max}`) }));
    assert.deepEqual(await listAll(replica.client, 2), expected);
  });

  test('list keeps levels apart', async () => {
    await using replica = await suite.open();
    for (const level of levels) await replica.client.write(file(level, 1 + level), body(bytesOf(10)));
    for (const level of levels) {
      assert.deepEqual(await listAll(replica.client, level), [{ ...file(level, 1 + level), sizeBytes: 10 }]);
    }
  });

  test('list from a TXID leaves out files that begin before it, also those that reach past it', async () => {
    await using replica = await suite.open();
    for (const [min, max] of [
      [1, 20],
      [9, 10],
      [10, 10],
      [10, 12],
      [17, 18],
    ] as const) {
      await replica.client.write(file(1, min, max), body(bytesOf(10)));
    }
    const from = async (txid: number) =>
      (await listAll(replica.client, 1, { from: toTxid(txid) })).map(({ minTxid, maxTxid }) => `${minTxid}-${maxTxid}`);
    assert.deepEqual(await from(1), ['1-20', '9-10', '10-10', '10-12', '17-18']);
    assert.deepEqual(await from(10), ['10-10', '10-12', '17-18']);
    assert.deepEqual(await from(11), ['17-18']);
    assert.deepEqual(await from(19), []);
  });

  test('listAll gives the files of every level once, and no others', async () => {
    await using replica = await suite.open();
    assert.deepEqual(await listEverything(replica.client), []);
    for (const level of levels) {
      for (let txid = 1; txid <= 3; txid += 1) await replica.client.write(file(level, txid), body(bytesOf(10 + level)));
      await replica.plant(level, 'README.ltx', bytesOf(5));
    }
    const expected = levels.flatMap((level) =>
      [1, 2, 3].map((txid) => ({ ...file(level, txid), sizeBytes: 10 + level })),
    );
    const found = await listEverything(replica.client);
    assert.deepEqual(
      found.toSorted((a, b) => a.level - b.level || Number(a.minTxid - b.minTxid)),
      expected,
    );
  });

  test('listAll may be left early and rejects with the reason of its signal', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 5; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(8)));
    for await (const info of replica.client.listAll()) if (info.minTxid === 2n) break;
    const reason = new Error('no longer wanted');
    await assert.rejects(listEverything(replica.client, { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    await assert.rejects(async () => {
      for await (const _ of replica.client.listAll({ signal: controller.signal })) controller.abort(reason);
    }, reason);
  });

  test('list passes over names that are not those of LTX files', async () => {
    await using replica = await suite.open();
    const foreign = [
      '0000000000000001-0000000000000001.ltx.tmp',
      '0000000000000001-0000000000000001.ltx.0123456789abcdef.tmp',
      '000000000000000A-000000000000000A.ltx',
      '0000000000000003-0000000000000002.ltx',
      '0000000000000000-0000000000000000.ltx',
      '1-1.ltx',
      'lock.json',
      '.nfs0000001',
      'README.ltx',
    ];
    for (const name of foreign) await replica.plant(0, name, bytesOf(20));
    await replica.plant(0, '0000000000000002-0000000000000002.ltx', bytesOf(30));
    assert.deepEqual(await listAll(replica.client, 0), [{ ...file(0, 2), sizeBytes: 30 }]);
  });

  test('list holds every file that was there all the time while others come and go', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 300; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(8)));
    const seen: number[] = [];
    for await (const info of replica.client.list(0)) {
      seen.push(Number(info.minTxid));
      if (seen.length === 1) {
        await replica.client.delete([file(0, 299)]);
        await replica.client.write(file(0, 400), body(bytesOf(8)));
      }
    }
    const changed = new Set([299, 400]);
    assert.deepEqual(
      seen.filter((txid) => !changed.has(txid)),
      Array.from({ length: 300 }, (_, at) => at + 1).filter((txid) => !changed.has(txid)),
    );
  });

  test('list may be left early and read again', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 5; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(8)));
    for await (const info of replica.client.list(0)) if (info.minTxid === 2n) break;
    assert.equal((await listAll(replica.client, 0)).length, 5);
  });

  test('list rejects with the reason of its signal, before it begins and in the middle', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 200; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(8)));
    const reason = new Error('no longer wanted');
    await assert.rejects(listAll(replica.client, 0, { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    let seen = 0;
    await assert.rejects(async () => {
      for await (const _ of replica.client.list(0, { signal: controller.signal })) {
        seen += 1;
        if (seen === 3) controller.abort(reason);
      }
    }, reason);
    assert.equal(seen, 3);
  });
}
