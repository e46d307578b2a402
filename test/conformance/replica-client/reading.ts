import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LtxError } from '../../../src/format/ltx/ltx-error.ts';
import { readRange } from '../../../src/replica/read-range.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { body, bytesOf, file, type ReplicaSuite, readAll } from './fixture.ts';

export function readingTests(suite: ReplicaSuite): void {
  const size = 10_000;

  test('open gives the bytes that were written', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(size);
    await replica.client.write(file(0, 1), body(bytes));
    assert.deepEqual(await readAll(replica.client, file(0, 1)), bytes);
    assert.deepEqual(await readAll(replica.client, file(0, 1), undefined, 100_000), bytes);
  });

  test('open with a range gives that part, cut to the end of the file', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(size);
    await replica.client.write(file(9, 1, 7), body(bytes));
    const ranges: [number, number | undefined][] = [
      [0, undefined],
      [0, 100],
      [1, 1],
      [1234, 4321],
      [size - 1, undefined],
      [size - 10, 10],
      [size - 10, 11],
      [size - 10, 1_000_000],
      [size, undefined],
      [size, 5],
      [size + 1, 5],
      [5 * size, undefined],
      [17, 0],
    ];
    for (const [offset, length] of ranges) {
      const range = length === undefined ? { offset } : { offset, length };
      const expected = bytes.subarray(offset, length === undefined ? undefined : offset + length);
      assert.deepEqual(await readAll(replica.client, file(9, 1, 7), range), expected, `${offset} + ${length}`);
    }
  });

  test('read fills its target as far as the range reaches and then stays at the end', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(size);
    await replica.client.write(file(0, 1), body(bytes));
    const reader = await replica.client.open(file(0, 1), { offset: 100, length: 5000 });
    const target = Buffer.alloc(3000, 0xaa);
    assert.equal(await reader.read(target), 3000);
    assert.deepEqual(target, bytes.subarray(100, 3100));
    target.fill(0xaa);
    assert.equal(await reader.read(target), 2000);
    assert.deepEqual(target, Buffer.concat([bytes.subarray(3100, 5100), Buffer.alloc(1000, 0xaa)]));
    assert.equal(await reader.read(target), 0);
    assert.equal(await reader.read(target), 0);
    await reader.close();
  });

  test('readers of one file do not disturb each other', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(size);
    await replica.client.write(file(0, 1), body(bytes));
    const offsets = Array.from({ length: 20 }, (_, at) => at * 480);
    const parts = await Promise.all(
      offsets.map((offset) => readAll(replica.client, file(0, 1), { offset, length: 480 }, 77)),
    );
    for (const [at, offset] of offsets.entries()) assert.deepEqual(parts[at], bytes.subarray(offset, offset + 480));
  });

  test('open of a missing file is not-found, in a level that exists and in one that does not', async () => {
    await using replica = await suite.open();
    const missing = (error: unknown) => error instanceof ReplicaError && error.code === 'not-found';
    await assert.rejects(replica.client.open(file(0, 1)), missing);
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    await assert.rejects(replica.client.open(file(0, 2)), missing);
    await assert.rejects(replica.client.open(file(1, 1)), missing);
  });

  test('open rejects with the reason of its signal', async () => {
    await using replica = await suite.open();
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(replica.client.open(file(0, 1), undefined, { signal }), reason);
  });

  test('read after the close of its reader is refused, and closing again does nothing', async () => {
    await using replica = await suite.open();
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    const reader = await replica.client.open(file(0, 1));
    await reader.close();
    await reader.close();
    await assert.rejects(reader.read(Buffer.alloc(1)), { name: 'ReplicaError', code: 'closed' });
  });

  test('readRange fills its target or says where the file ends', async () => {
    await using replica = await suite.open();
    const bytes = bytesOf(size);
    await replica.client.write(file(0, 1), body(bytes));
    const target = Buffer.alloc(100);
    await readRange(replica.client, file(0, 1), size - 100, target);
    assert.deepEqual(target, bytes.subarray(size - 100));
    await assert.rejects(
      readRange(replica.client, file(0, 1), size - 99, target),
      (error) => error instanceof LtxError && error.code === 'truncated' && error.message.includes(`${size}`),
    );
    await readRange(replica.client, file(0, 1), 5 * size, Buffer.alloc(0));
  });
}
