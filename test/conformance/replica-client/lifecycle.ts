import assert from 'node:assert/strict';
import { test } from 'node:test';
import { body, bytesOf, file, listAll, listEverything, type ReplicaSuite, readAll } from './fixture.ts';

const closed = { name: 'ReplicaError', code: 'closed' };

export function lifecycleTests(suite: ReplicaSuite): void {
  test('close refuses later calls of every kind and may be called again', async () => {
    await using replica = await suite.open();
    const { client } = replica;
    await client.write(file(0, 1), body(bytesOf(10)));
    await Promise.all([client.close(), client.close()]);
    await client.close();
    await assert.rejects(listAll(client, 0), closed);
    await assert.rejects(listEverything(client), closed);
    await assert.rejects(client.open(file(0, 1)), closed);
    await assert.rejects(client.write(file(0, 2), body(bytesOf(10))), closed);
    await assert.rejects(client.delete([file(0, 1)]), closed);
    await assert.rejects(client.deleteAll(), closed);
    assert.equal((await listAll(replica.reopen(), 0)).length, 1);
  });

  test('close of a client that was never used resolves', async () => {
    await using replica = await suite.open();
    await replica.client.close();
  });

  test('close lets a write under way finish first', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(3000);
    const gate = withResolvers();
    const started = withResolvers();
    const slow = {
      ...body(bytes),
      async *open() {
        yield bytes.subarray(0, 1000);
        started.resolve();
        await gate.promise;
        yield bytes.subarray(1000);
      },
    };
    const writing = replica.client.write(file(0, 1), slow);
    await started.promise;
    let isClosed = false;
    const closing = replica.client.close().then(() => {
      isClosed = true;
    });
    await assert.rejects(replica.client.open(file(0, 1)), closed);
    await new Promise((done) => setTimeout(done, 20));
    assert.equal(isClosed, false);
    gate.resolve();
    assert.equal(await writing, 'created');
    await closing;
    assert.deepEqual(await readAll(replica.reopen(), file(0, 1)), bytes);
  });

  test('close lets a listing under way finish first', async () => {
    await using replica = await suite.open();
    for (let txid = 1; txid <= 150; txid += 1) await replica.client.write(file(0, txid), body(bytesOf(8)));
    let closing: Promise<void> | undefined;
    let seen = 0;
    for await (const _ of replica.client.list(0)) {
      closing ??= replica.client.close();
      seen += 1;
    }
    assert.equal(seen, 150);
    await closing;
  });

  test('close leaves a reader to whoever opened it', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(5000);
    await replica.client.write(file(0, 1), body(bytes));
    const reader = await replica.client.open(file(0, 1));
    await replica.client.close();
    const target = Buffer.alloc(5000);
    assert.equal(await reader.read(target), 5000);
    assert.deepEqual(target, bytes);
    await reader.close();
  });

  test('type and url say what and where the replica is', async () => {
    await using replica = await suite.open();
    assert.match(replica.client.type, /^[a-z0-9]+$/);
    assert.ok(replica.client.url.startsWith(`${replica.client.type}:`));
    assert.equal(replica.reopen().url, replica.client.url);
  });
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
