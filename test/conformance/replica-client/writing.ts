import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { body, bodyTimestampMs, bytesOf, file, listAll, type ReplicaSuite, readAll } from './fixture.ts';

export function writingTests(suite: ReplicaSuite): void {
  test('write creates a file that another client reads', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(70_000);
    assert.equal(await replica.client.write(file(0, 1), body(bytes)), 'created');
    assert.deepEqual(await readAll(replica.reopen(), file(0, 1)), bytes);
    assert.deepEqual(await replica.names(0), ['0000000000000001-0000000000000001.ltx']);
  });

  test('write never replaces: another body and the same body again both meet the file', async () => {
    await using replica = await suite.open();
    const first = body(bytesOf(500, 1));
    assert.equal(await replica.client.write(file(0, 1), first), 'created');
    assert.equal(await replica.client.write(file(0, 1), body(bytesOf(900, 2))), 'exists');
    assert.equal(await replica.client.write(file(0, 1), first), 'exists');
    assert.equal(await replica.reopen().write(file(0, 1), first), 'exists');
    assert.deepEqual(await readAll(replica.client, file(0, 1)), bytesOf(500, 1));
  });

  test('write of 8 clients at once to one name has exactly one winner, whose bytes stay, in each of 20 rounds', async () => {
    await using replica = await suite.open();
    const clients = Array.from({ length: 8 }, () => replica.reopen());
    for (let round = 1; round <= 20; round += 1) {
      const bodies = clients.map((_, at) => bytesOf(2000 + at, round * 10 + at));
      const outcomes = await Promise.all(
        clients.map((client, at) => client.write(file(0, round), body(bodies[at] ?? Buffer.alloc(0)))),
      );
      assert.deepEqual(outcomes.toSorted(), ['created', ...Array.from({ length: 7 }, () => 'exists')]);
      assert.deepEqual(await readAll(replica.client, file(0, round)), bodies[outcomes.indexOf('created')]);
    }
    assert.equal((await replica.names(0)).length, 20, 'nothing but the files is left');
  });

  test('write to different names at once stores them all', async () => {
    await using replica = await suite.open();
    const txids = Array.from({ length: 40 }, (_, at) => at + 1);
    await Promise.all(txids.map((txid) => replica.client.write(file(0, txid), body(bytesOf(900, txid)))));
    for (const txid of txids) assert.deepEqual(await readAll(replica.client, file(0, txid)), bytesOf(900, txid));
  });

  test('write while another write of the name is under way: the first to finish wins', async () => {
    await using replica = await suite.open();
    const quick = bytesOf(600, 3);
    const outer = {
      ...body(bytesOf(600, 4)),
      async *open() {
        yield bytesOf(600, 4).subarray(0, 300);
        assert.equal(await replica.client.write(file(0, 1), body(quick)), 'created');
        yield bytesOf(600, 4).subarray(300);
      },
    };
    assert.equal(await replica.client.write(file(0, 1), outer), 'exists');
    assert.deepEqual(await readAll(replica.client, file(0, 1)), quick);
  });

  test('write whose body fails midway rejects with that error and leaves nothing', async () => {
    await using replica = await suite.open();
    const failure = new Error('the disk of the source is gone');
    const bytes = bytesOf(3000);
    let opened = 0;
    const failing = {
      ...body(bytes),
      async *open() {
        opened += 1;
        yield bytes.subarray(0, 1500);
        if (opened === 1) throw failure;
        yield bytes.subarray(1500);
      },
    };
    await assert.rejects(replica.client.write(file(0, 1), failing), failure);
    assert.deepEqual(await listAll(replica.client, 0), []);
    assert.deepEqual(await replica.names(0), []);
    await assert.rejects(replica.client.open(file(0, 1)), { code: 'not-found' });
    assert.equal(await replica.client.write(file(0, 1), failing), 'created');
    assert.deepEqual(await readAll(replica.client, file(0, 1)), bytes);
  });

  test('write of a body that is shorter or longer than it states is refused and leaves nothing', async () => {
    await using replica = await suite.open();
    for (const sizeBytes of [999, 1001]) {
      const wrong = { ...body(bytesOf(1000)), sizeBytes };
      await assert.rejects(replica.client.write(file(0, 1), wrong), RangeError);
    }
    assert.deepEqual(await replica.names(0), []);
  });

  test('write rejects with the reason of its signal, before it begins and midway, and leaves nothing', async () => {
    await using replica = await suite.open();
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(replica.client.write(file(0, 1), body(bytesOf(1000)), { signal }), reason);
    const controller = new AbortController();
    const bytes = bytesOf(3000);
    const aborting = {
      ...body(bytes),
      async *open() {
        yield bytes.subarray(0, 1000);
        controller.abort(reason);
        yield bytes.subarray(1000);
      },
    };
    await assert.rejects(replica.client.write(file(0, 1), aborting, { signal: controller.signal }), reason);
    assert.deepEqual(await replica.names(0), []);
    assert.equal(await replica.client.write(file(0, 1), body(bytes)), 'created');
  });

  const large = suite.features.boundedMemory ? 64 : 8;
  test(`write and read of ${large} MB${suite.features.boundedMemory ? ' in bounded memory' : ''}`, async () => {
    await using replica = await suite.open();
    const chunk = bytesOf(1 << 20);
    let mostBytes = 0;
    const watch = () => {
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
    };
    const written = createHash('sha256');
    const generated = {
      sizeBytes: large << 20,
      timestampMs: bodyTimestampMs,
      async *open() {
        for (let at = 0; at < large; at += 1) {
          chunk.writeUInt32LE(at);
          written.update(chunk);
          watch();
          yield chunk;
        }
      },
    };
    const beforeBytes = process.memoryUsage().rss;
    assert.equal(await replica.client.write(file(9, 1, 5), generated), 'created');
    const target = Buffer.alloc(1 << 20);
    const read = createHash('sha256');
    const reader = await replica.client.open(file(9, 1, 5));
    for (let readBytes = await reader.read(target); readBytes > 0; readBytes = await reader.read(target)) {
      read.update(target.subarray(0, readBytes));
      watch();
    }
    await reader.close();
    assert.equal(read.digest('hex'), written.digest('hex'));
    if (!suite.features.boundedMemory) return;
    assert.ok(mostBytes - beforeBytes < 24 << 20, `memory grew by ${(mostBytes - beforeBytes) >> 20} MB`);
  });
}
