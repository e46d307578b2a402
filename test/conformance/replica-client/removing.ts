import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levels } from '../../../src/format/ltx/level.ts';
import { body, bytesOf, file, listAll, type ReplicaSuite } from './fixture.ts';

export function removingTests(suite: ReplicaSuite): void {
  test('delete removes the files it names, over levels, and no others', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 6; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(10)));
    await replica.client.write(file(1, 1, 6), body(bytesOf(10)));
    await replica.client.write(file(2, 1, 6), body(bytesOf(10)));
    await replica.client.delete([file(0, 2), file(1, 1, 6), file(0, 5)]);
    assert.deepEqual(
      (await listAll(replica.client, 0)).map((info) => Number(info.minTxid)),
      [1, 3, 4, 6],
    );
    assert.deepEqual(await listAll(replica.client, 1), []);
    assert.equal((await listAll(replica.client, 2)).length, 1);
    await assert.rejects(replica.client.open(file(0, 2)), { code: 'not-found' });
  });

  test('delete of missing files, of a missing level and of nothing is no error', async () => {
    await using replica = await suite.open();
    await replica.client.delete([file(0, 1), file(3, 1, 2)]);
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    await replica.client.delete([file(0, 7), file(0, 1), file(0, 1), file(3, 1, 2)]);
    await replica.client.delete([file(0, 1)]);
    await replica.client.delete([]);
    assert.deepEqual(await listAll(replica.client, 0), []);
  });

  test('delete frees the name for other bytes', async () => {
    await using replica = await suite.open();
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    await replica.client.delete([file(0, 1)]);
    assert.equal(await replica.client.write(file(0, 1), body(bytesOf(33))), 'created');
    assert.deepEqual(await listAll(replica.client, 0), [{ ...file(0, 1), sizeBytes: 33 }]);
  });

  test('deleteAll removes the LTX files of all levels and nothing else', async () => {
    await using replica = await suite.open();
    await replica.client.deleteAll();
    for (const level of levels) {
      for (let txid = 1; txid <= 5; txid += 1) await replica.client.write(file(level, txid), body(bytesOf(10)));
      await replica.plant(level, 'lock.json', bytesOf(5));
      await replica.plant(level, '0000000000000001-0000000000000001.ltx.bak', bytesOf(5));
    }
    await replica.client.deleteAll();
    for (const level of levels) {
      assert.deepEqual(await listAll(replica.client, level), []);
      assert.deepEqual(await replica.names(level), ['0000000000000001-0000000000000001.ltx.bak', 'lock.json']);
    }
    assert.equal(await replica.client.write(file(0, 1), body(bytesOf(10))), 'created');
  });

  test('delete and deleteAll reject with the reason of their signal and remove nothing', async () => {
    await using replica = await suite.open();
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(replica.client.delete([file(0, 1)], { signal }), reason);
    await assert.rejects(replica.client.deleteAll({ signal }), reason);
    assert.equal((await listAll(replica.client, 0)).length, 1);
  });
}
