import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapturedPages } from '../../../src/engine/capture/captured-pages.ts';
import { PageSlabs } from '../../../src/engine/capture/page-slabs.ts';
import { referenceKernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { forHistories, type HistoryFrame, lowestCommit, newestFrames } from './frame-history.ts';

const pageSizeBytes = 512;

function keep(pages: CapturedPages, history: readonly HistoryFrame[]): void {
  for (const [i, { pgno, commit }] of history.entries()) {
    pages.set(pgno, new Uint8Array(pageSizeBytes).fill((i + 1) % 251));
    if (commit !== 0) pages.endTransaction(commit);
  }
}

async function content(pages: CapturedPages): Promise<[number, number][]> {
  const run = referenceKernels.openRun(pageSizeBytes, 3);
  const source = pages.source();
  const found: [number, number][] = [];
  for (let count = await source.fill(run); count > 0; count = await source.fill(run)) {
    for (let i = 0; i < count; i++) found.push([run.pgnos[i]!, run.pages[i * pageSizeBytes + 100]!]);
  }
  return found;
}

test('CapturedPages holds the newest version of each page that is still part of the database, ascending', async () => {
  await forHistories(async (history) => {
    const pages = new CapturedPages(pageSizeBytes, new PageSlabs());
    keep(pages, history);
    const expected = [...newestFrames(history)].map(([pgno, frame]) => [pgno, frame % 251]);
    assert.deepEqual(await content(pages), expected);
    assert.equal(pages.pageCount, expected.length);
    assert.equal(pages.sizeBytes, expected.length * pageSizeBytes);
    assert.equal(pages.commit, history.at(-1)!.commit);
    assert.equal(pages.lowestCommit, lowestCommit(history));
    for (let pgno = 1; pgno <= 31; pgno++) assert.equal(pages.has(pgno), newestFrames(history).has(pgno));
  });
});

test('CapturedPages forgets everything when it is cleared, and is used again', async () => {
  await forHistories(async (history) => {
    const pages = new CapturedPages(pageSizeBytes, new PageSlabs());
    keep(pages, history);
    pages.clear();
    assert.deepEqual([pages.pageCount, pages.commit, pages.lowestCommit], [0, 0, Number.POSITIVE_INFINITY]);
    assert.deepEqual(await content(pages), []);
    keep(pages, history);
    assert.deepEqual(
      (await content(pages)).map(([pgno]) => pgno),
      [...newestFrames(history).keys()],
    );
  });
});
