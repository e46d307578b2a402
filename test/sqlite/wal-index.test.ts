import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { advanceToEnd, liveFixture, locksOf } from './live-fixture.ts';

/** Overwrites bytes of a `-shm` file, in another process as a dying writer would. */
function damage(path: string, offset: number, bytes: Uint8Array): void {
  const program =
    'import os, sys; os.pwrite(os.open(sys.argv[1], os.O_RDWR), bytes.fromhex(sys.argv[3]), int(sys.argv[2]))';
  execFileSync('python3', ['-c', program, `${path}-shm`, String(offset), Buffer.from(bytes).toString('hex')]);
}

const damages: [string, (path: string) => void][] = [
  ['garbage in the first copy', (path) => damage(path, 8, new Uint8Array(30).fill(0xa5))],
  [
    'a second copy that is ahead: its writer was killed between the two',
    (path) => damage(path, 48 + 16, Uint8Array.of(99)),
  ],
  [
    'equal copies with a wrong checksum',
    (path) => {
      for (const offset of [16, 64]) damage(path, offset, Uint8Array.of(7));
    },
  ],
  ['nothing in it', (path) => damage(path, 0, new Uint8Array(136))],
];

for (const [name, inflict] of damages) {
  test(`WalIndex.read repairs an index with ${name}`, async (t) => {
    const { path, application, attach } = await liveFixture(t);
    await application.run('insert into t values (1)');
    const live = attach();
    const { salt1, mxFrame, frameChecksum, pageCount } = live.index();
    const locks = locksOf(path);
    inflict(path);
    const repaired = live.index();
    assert.deepEqual(
      [repaired.salt1, repaired.mxFrame, repaired.frameChecksum, repaired.pageCount],
      [salt1, mxFrame, frameChecksum, pageCount],
    );
    assert.deepEqual(locksOf(path), locks);
    await application.run('insert into t values (2)');
    assert.equal(live.index().mxFrame, mxFrame + 1);
    assert.equal(advanceToEnd(live), true);
    assert.deepEqual(await application.run('select x from t'), [[1], [2]]);
  });
}

for (const pageSizeBytes of [512, 65536]) {
  test(`WalIndex.read knows pages of ${pageSizeBytes} bytes`, async (t) => {
    const { attach } = await liveFixture(t, [`pragma page_size = ${pageSizeBytes}`]);
    const live = attach();
    assert.equal(live.index().pageSizeBytes, pageSizeBytes);
    assert.equal(live.pageSizeBytes, pageSizeBytes);
    assert.equal(live.index().pageCount, live.held.index.pageCount);
  });
}
