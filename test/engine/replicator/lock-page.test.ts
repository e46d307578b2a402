import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { Scene } from '../scene.ts';

const pageSizeBytes = 65536;
const lock = lockPgno(pageSizeBytes);

/**
 * Makes a database just below 1 GiB of which nearly all is a hole in the file: pages that nothing refers to. The next pages
 * it grows by lie on both sides of the lock page.
 */
async function almostAGibibyte(scene: Scene): Promise<void> {
  await scene.runAndClose(`pragma page_size = ${pageSizeBytes}`, 'create table t (id integer primary key, x)');
  const descriptor = openSync(scene.path, 'r+');
  ftruncateSync(descriptor, (lock - 3) * pageSizeBytes);
  const pageCount = Buffer.alloc(4);
  pageCount.writeUInt32BE(lock - 3);
  writeSync(descriptor, pageCount, 0, 4, 28);
  closeSync(descriptor);
  await scene.runAndClose('pragma journal_mode = wal');
}

/** The SHA-256 would read a gigabyte; rows and the pages around the lock page tell as much. */
function pagesAround(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  const bytes = Buffer.alloc(20 * pageSizeBytes);
  const length = readSync(descriptor, bytes, 0, bytes.length, (lock - 4) * pageSizeBytes);
  closeSync(descriptor);
  return bytes.subarray(0, length);
}

test('DatabaseReplicator follows a database over the lock page, and scans one that has it', async (t) => {
  const scene = new Scene(t);
  await almostAGibibyte(scene);
  const first = await scene.start();
  await first.sync(0, { timeoutMs: 30_000 });
  const application = await scene.application();
  for (let id = 1; id <= 5; id++) await application.run(`insert into t values (${id}, randomblob(100000))`);
  const grown = Number(await first.sync());
  await first.stop();
  assert.ok(scene.replica.header(grown).commit > lock);
  const shipped = scene.replica.txids().flatMap((txid) => scene.replica.pgnos(txid));
  assert.ok(!shipped.includes(lock) && shipped.includes(lock - 1) && shipped.includes(lock + 1));
  await application.run("insert into t values (6, 'while nobody looks')", 'pragma wal_checkpoint(truncate)');
  const second = await scene.start();
  const scanned = Number(await second.sync(0, { timeoutMs: 30_000 }));
  assert.match(second.logs[0] ?? '', /read the whole database.*changed=true/);
  assert.ok(scene.replica.pgnos(scanned).length < 5);
  const restored = await scene.replica.restore(scanned);
  assert.ok(pagesAround(restored).equals(pagesAround(scene.path)));
  rmSync(restored);
});
