import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { BusyWriter } from './busy-writer.ts';
import { advanceToEnd, liveFixture, marksOf } from './live-fixture.ts';

test('ReadMark.take tells mark 0 from marks above as the kernel holds them', async (t) => {
  const { path, application, attach } = await liveFixture(t);
  const live = attach();
  assert.equal(live.held.kind, 'above');
  assert.equal(marksOf(path).includes(0), false);
  live.checkpointer().passive();
  assert.equal(advanceToEnd(live), true);
  assert.equal(live.held.kind, 'zero');
  assert.deepEqual(marksOf(path), [0]);
  await application.run('insert into t values (1)');
  assert.equal(advanceToEnd(live), true);
  assert.equal(live.held.kind, 'above');
  assert.equal(marksOf(path).includes(0), false);
});

test('ReadMark.take knows the size of a database whose WAL is new', async (t) => {
  const { application, attach, start } = await liveFixture(t, ['pragma page_size = 512']);
  await application.run('insert into t values (zeroblob(5000))');
  const [[pageCount]] = (await application.run('pragma page_count')) as [[number]];
  await application.close();
  const live = attach();
  assert.deepEqual([live.held.index.mxFrame, live.held.kind], [0, 'zero']);
  assert.equal(live.held.index.pageCount, pageCount);
  assert.equal(live.pageSizeBytes, 512);
  const mark = live.openScanMark();
  assert.equal(mark.takeExact().index.pageCount, pageCount);
  mark.close();
  await start().run('insert into t values (zeroblob(5000))');
  assert.equal(advanceToEnd(live), true);
  assert.equal(live.held.index.pageCount > pageCount, true);
});

for (const autoCheckpointPages of [0, 20]) {
  test(`ReadMark.take beside a busy writer that checkpoints after ${autoCheckpointPages} pages`, async (t) => {
    const { path, attach } = await liveFixture(t);
    const live = attach();
    await using _writer = await BusyWriter.start(path, { autoCheckpointPages });
    const kinds = { zero: 0, above: 0, unknown: 0 };
    for (let i = 0; i < 400; i++) {
      if (i % 2 === 0 && autoCheckpointPages === 0) live.checkpointer().passive();
      advanceToEnd(live);
      const { kind, exact } = live.held;
      kinds[kind]++;
      const marks = marksOf(path);
      if (kind === 'zero') assert.deepEqual(marks, [0]);
      if (kind === 'above') assert.equal(marks.includes(0), false);
      if (!exact) assert.equal(kind, 'unknown');
    }
    t.diagnostic(JSON.stringify(kinds));
    assert.ok(kinds.above > 0);
  });
}

test('ReadMark.takeExact beside a busy writer reads the state at its frame', async (t) => {
  const { path, attach } = await liveFixture(t);
  const live = attach();
  await using _writer = await BusyWriter.start(path, { autoCheckpointPages: 0 });
  const mark = live.openScanMark();
  for (let i = 0; i < 50; i++) {
    const held = mark.takeExact();
    assert.notEqual(held.kind, 'unknown');
    assert.equal(held.exact, true);
    assert.equal(mark.pragma('page_count'), held.index.pageCount);
    mark.release();
  }
  mark.close();
});

test('ReadMark.take that fails leaves no transaction behind', async (t) => {
  const { path, application, attach, start } = await liveFixture(t);
  const live = attach();
  const mark = live.openScanMark();
  live.close();
  assert.throws(() => mark.take(), { name: 'LiveError', code: 'unavailable' });
  assert.deepEqual(marksOf(path), []);
  mark.close();
  await application.run('insert into t values (1)');
  assert.equal((await start().run('pragma wal_checkpoint(truncate)'))[0]![0], 0);
});

test('LiveDatabase.held is not taken for mark 0 while a checkpointer has not let go of that lock', async (t) => {
  const { path, attach } = await liveFixture(t);
  const live = attach();
  live.checkpointer().passive();
  const program =
    'import fcntl, sys; f = open(sys.argv[1], "r+b"); fcntl.lockf(f, fcntl.LOCK_EX, 1, 123); print("", flush=True); input()';
  const checkpointer = spawn('python3', ['-c', program, `${path}-shm`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(checkpointer.stdout, 'data');
  assert.equal(advanceToEnd(live), true);
  assert.equal(live.held.index.nBackfill, live.held.index.mxFrame);
  assert.equal(marksOf(path).includes(0), false);
  assert.equal(live.held.kind, 'unknown');
  checkpointer.stdin.end('\n');
  await once(checkpointer, 'exit');
  assert.equal(advanceToEnd(live), true);
  assert.equal(live.held.kind, 'zero');
  assert.deepEqual(marksOf(path), [0]);
});
