import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RestoredState, RestoreProgress } from '../../../src/engine/restore/restore-options.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { ModelDatabase, somePages } from './model-database.ts';
import { restored, run, temporaryFolder } from './restore-to-folder.ts';

function threeCommits(): ModelDatabase {
  const model = new ModelDatabase();
  for (let version = 1; version <= 3; version++) model.commit(somePages(5, version), 5);
  model.addLevel0();
  return model;
}

test('restore refuses to overwrite a database or to join side files of one', async (t) => {
  const folder = temporaryFolder(t);
  const client = threeCommits().replica();
  const path = join(folder, 'app.db');
  writeFileSync(path, 'old');
  await assert.rejects(run(path, { client }), { code: 'output-exists' });
  assert.deepEqual(await run(path, { client, whenOutputExists: 'keep' }), { outcome: 'already-there' });
  assert.equal(readFileSync(path, 'utf8'), 'old');
  for (const suffix of ['-wal', '-shm', '-journal']) {
    const other = join(folder, `other${suffix}.db`);
    writeFileSync(other + suffix, '');
    await assert.rejects(run(other, { client }), { code: 'output-exists' });
    await assert.rejects(run(other, { client, whenOutputExists: 'keep' }), { code: 'output-exists' });
  }
});

test('restore takes an empty file for none, and makes missing folders', async (t) => {
  const folder = temporaryFolder(t);
  const model = threeCommits();
  const path = join(folder, 'a/b/app.db');
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(path, '');
  assert.equal((await run(path, { client: model.replica() })).outcome, 'restored');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const other = join(folder, 'c/d/app.db');
  await restored(other, { client: model.replica(), fileMode: 0o644 });
  assert.equal(statSync(other).mode & 0o777, 0o644);
});

test('restore replaces a database and its side files only when the new one is complete', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const model = threeCommits();
  for (const suffix of ['', '-wal', '-shm', '-journal']) writeFileSync(path + suffix, 'old');
  const steps: string[] = [];
  await restored(path, {
    client: model.replica(),
    whenOutputExists: 'replace',
    beforePublish: async () => assert.deepEqual(readdirSync(folder).length, 5),
    observe: (step) => steps.push(step),
  });
  assert.deepEqual(readdirSync(folder), ['app.db']);
  assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(3)), 0);
  assert.deepEqual(
    steps,
    ['write', 'sync', 'publish', 'sync-directory'].map((stage) => `restored-database.${stage}`),
  );
});

test('restore leaves the old database as it is when the new one fails', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  writeFileSync(path, 'old');
  writeFileSync(`${path}-wal`, 'old');
  const model = threeCommits();
  model.files.get('ltx/0/0000000000000002-0000000000000002.ltx')![150]! ^= 1;
  model.addFile(0, 3, 3, { withoutChecksums: true });
  const promise = run(path, { client: model.replica(), whenOutputExists: 'replace' });
  await assert.rejects(promise, { code: 'file-invalid' });
  assert.deepEqual(readdirSync(folder).sort(), ['app.db', 'app.db-wal']);
  assert.equal(readFileSync(path, 'utf8'), 'old');
});

test('restore does not replace a database that appeared while it worked', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const onPlan = () => writeFileSync(path, 'new');
  await assert.rejects(run(path, { client: threeCommits().replica(), onPlan }), { code: 'output-exists' });
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.deepEqual(readdirSync(folder), ['app.db']);
});

test('restore cleans up what a killed one left, and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const client = threeCommits().replica();
  for (const suffix of ['', '-wal', '-shm', '-journal']) writeFileSync(`${path}.0123456789abcdef.tmp${suffix}`, 'left');
  mkdirSync(`${path}.fedcba9876543210.tmp.d`);
  writeFileSync(`${path}.tmp`, 'of somebody else');
  await restored(path, { client });
  assert.deepEqual(readdirSync(folder), ['app.db', 'app.db.tmp']);
});

test('restore that finds its output takes the second name away that a killed one left it', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const client = threeCommits().replica();
  await restored(path, { client });
  linkSync(path, `${path}.0123456789abcdef.tmp`);
  writeFileSync(`${path}.fedcba9876543210.tmp`, 'of a restore that may still run');
  assert.deepEqual(await run(path, { client, whenOutputExists: 'keep' }), { outcome: 'already-there' });
  assert.deepEqual(readdirSync(folder), ['app.db', 'app.db.fedcba9876543210.tmp']);
});

test('restore notices another one to the same output and leaves its files alone', async (t) => {
  const folder = temporaryFolder(t);
  const model = threeCommits();
  const client = model.replica();
  for (const whenOutputExists of ['fail', 'replace'] as const) {
    const path = join(folder, `${whenOutputExists}.db`);
    const first = run(path, {
      client,
      whenOutputExists,
      beforePublish: async () => void (await restored(path, { client, txid: 2, whenOutputExists })),
    });
    await assert.rejects(first, { code: 'output-taken' });
    assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(2)), 0);
  }
  assert.deepEqual(readdirSync(folder), ['fail.db', 'replace.db']);
});

test('restore: of many at once to one output one wins, and the output is whole', async (t) => {
  const folder = temporaryFolder(t);
  const model = threeCommits();
  const client = model.replica();
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `${round}.db`);
    const txids = [1, 2, 3, 1, 2, 3];
    const results = await Promise.allSettled(txids.map((txid) => restored(path, { client, txid })));
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.equal(won.length, 1);
    for (const result of results) {
      if (result.status === 'rejected') assert.match(result.reason.code, /^output-(taken|exists)$/);
    }
    assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(Number(won[0]!.txid))), 0);
  }
  assert.equal(readdirSync(folder).length, 10);
});

test('restore does not take the place of a file that appears in the last moment', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const beforePublish = async () => writeFileSync(path, 'new');
  await assert.rejects(run(path, { client: threeCommits().replica(), beforePublish }), { code: 'output-exists' });
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.deepEqual(readdirSync(folder), ['app.db']);
});

test('restore writes a large database past the page cache, whole, with a page here and there of another file', async (t) => {
  const model = new ModelDatabase();
  const pageCount = 5_000;
  const page = () => new Uint8Array(randomBytes(4096));
  model.commit(new Map(Array.from({ length: pageCount }, (_, i) => [i + 1, page()])), pageCount, 4096);
  model.commit(new Map([2, 3, 700, 4_999].map((pgno) => [pgno, page()])), pageCount);
  model.addLevel0();
  const path = join(temporaryFolder(t), 'app.db');
  const { verification } = await restored(path, { client: model.replica() });
  assert.equal(verification, 'database-checksum');
  assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(2)), 0);
});

test('restore that is aborted rejects with the reason and leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const model = threeCommits();
  for (const at of ['before', 'plan', 'read', 'end'] as const) {
    const abort = new AbortController();
    if (at === 'before') abort.abort(new Error('stop'));
    const promise = run(join(folder, 'app.db'), {
      client: model.replica(),
      signal: abort.signal,
      onPlan: () => at === 'plan' && abort.abort(new Error('stop')),
      onProgress: ({ doneBytes, totalBytes }) => {
        if (at === 'read' || (at === 'end' && doneBytes === totalBytes)) abort.abort(new Error('stop'));
      },
    });
    await assert.rejects(promise, { message: 'stop' });
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('restore tells its progress up to the whole', async (t) => {
  const seen: RestoreProgress[] = [];
  const client = threeCommits().replica();
  const report = await restored(join(temporaryFolder(t), 'app.db'), {
    client,
    onProgress: (progress) => seen.push(progress),
  });
  assert(seen.length >= 3);
  assert(seen.every(({ doneBytes }, i) => i === 0 || doneBytes >= seen[i - 1]!.doneBytes));
  assert.deepEqual(seen.at(-1), { doneBytes: report.plan.bytes, totalBytes: report.plan.bytes });
});

test('restore in mode plan reads headers and writes nothing, in mode check it leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const model = threeCommits();
  const path = join(folder, 'app.db');
  const planned = await run(path, { client: model.replica(), mode: 'plan' });
  assert(planned.outcome === 'planned');
  assert.deepEqual(
    planned.fileTimesMs,
    [1, 2, 3].map((txid) => model.timestampAt(txid)),
  );
  writeFileSync(path, 'live');
  const checked = await run(path, { client: model.replica(), mode: 'check' });
  assert(checked.outcome === 'checked');
  assert.equal(checked.sizeBytes, 5 * 512);
  assert.deepEqual(readdirSync(folder), ['app.db']);
  assert.equal(readFileSync(path, 'utf8'), 'live');
});

test('restore hands over the finished state before the database appears', async (t) => {
  const path = join(temporaryFolder(t), 'app.db');
  const model = threeCommits();
  model.addFile(0, 3, 3, { epoch: 7 });
  const states: RestoredState[] = [];
  await restored(path, {
    client: model.replica(),
    beforePublish: async (state) => {
      assert(!existsSync(path));
      states.push(state);
    },
  });
  assert.deepEqual(states, [
    {
      txid: toTxid(3),
      newestTxid: toTxid(3),
      timestampMs: model.timestampAt(3),
      epoch: 7,
      commit: 5,
      pageSizeBytes: 512,
      checksum: model.checksumAt(3),
      verification: 'database-checksum',
    },
  ]);
});

test('restore with an integrity check refuses what SQLite calls damaged', async (t) => {
  const folder = temporaryFolder(t);
  const client = threeCommits().replica();
  for (const integrityCheck of ['quick', 'full'] as const) {
    await assert.rejects(run(join(folder, 'app.db'), { client, integrityCheck }), { code: 'integrity' });
    assert.deepEqual(readdirSync(folder), []);
  }
});
