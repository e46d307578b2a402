import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { WalPages } from '../../../src/engine/capture/wal-pages.ts';
import { walFrameBytes } from '../../../src/format/wal/frame-header.ts';
import { walHeaderBytes } from '../../../src/format/wal/header.ts';
import { liveFixture } from '../../sqlite/live-fixture.ts';
import { forHistories, lowestCommit, newestFrames } from './frame-history.ts';

/** Frames whose pages hold their number; nobody but the test reads this WAL. */
function fillWal(path: string, frameCount: number, pageSizeBytes: number): void {
  const bytes = Buffer.alloc(walHeaderBytes + frameCount * walFrameBytes(pageSizeBytes));
  for (let frame = 1; frame <= frameCount; frame++) {
    bytes.fill(frame % 251, walHeaderBytes + (frame - 1) * walFrameBytes(pageSizeBytes) + 24);
  }
  writeFileSync(path, bytes);
}

test('WalPages finds the newest frame of each page that is still part of the database', async (t) => {
  const { attach, application } = await liveFixture(t, ['pragma page_size = 512', 'vacuum']);
  await application.close();
  const live = attach();
  fillWal(live.walPath, 400, live.pageSizeBytes);
  await forHistories((history) => {
    const pages = new WalPages(live);
    for (const [i, { pgno, commit }] of history.entries()) pages.add(i + 1, pgno, commit);
    const newest = pages.newest();
    const expected = newestFrames(history);
    assert.deepEqual([...newest.pgnos], [...expected.keys()]);
    const page = new Uint8Array(live.pageSizeBytes);
    for (const [i, frame] of [...expected.values()].entries()) {
      newest.readPage(i, page);
      assert.ok(page.every((byte) => byte === frame % 251));
    }
    for (let pgno = 1; pgno <= 31; pgno++) assert.equal(newest.has(pgno), expected.has(pgno));
    assert.equal(pages.commit, history.at(-1)!.commit);
    assert.equal(pages.lowestCommit, lowestCommit(history));
  });
});

test('WalPages takes more frames than it has room for at first', async (t) => {
  const { attach } = await liveFixture(t);
  const pages = new WalPages(attach());
  for (let frame = 1; frame <= 20_000; frame++) pages.add(frame, 1 + (frame % 9000), frame === 20_000 ? 9000 : 0);
  assert.equal(pages.newest().pgnos.length, 9000);
});
