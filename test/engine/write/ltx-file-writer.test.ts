import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeLtxFile } from '../../../src/engine/write/ltx-file-writer.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { PageRun } from '../../../src/kernel/kernels.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPage } from '../../support/test-pages.ts';
import { temporaryFolder } from '../restore/restore-to-folder.ts';
import { inPlaceWay } from '../threads/every-way.ts';

/** Every third page, `count` of them; whether it says before how many there are decides how they are written. */
function sourceOf(count: number, isKnown: boolean) {
  let next = 0;
  const fill = (run: PageRun) => {
    const filled = Math.min(run.capacity, count - next);
    for (let i = 0; i < filled; i++, next++) {
      run.pgnos[i] = 3 * next + 1;
      run.pages.set(testPage(run.pageSize, 3 * next + 1), i * run.pageSize);
    }
    return filled;
  };
  return isKnown ? { fill, pageCount: count } : { fill };
}

test('writeLtxFile gives the same file whether it knows before how few pages there are or not', async (t) => {
  const folder = temporaryFolder(t);
  const way = inPlaceWay();
  for (const pageSizeBytes of [512, 4096, 65536]) {
    const most = 65536 / pageSizeBytes;
    for (const count of new Set([0, 1, 2, most, most + 1])) {
      const commit = 3 * count + 1;
      const written = [true, false].map(async (isKnown) => {
        const path = join(folder, `${pageSizeBytes}-${count}-${isKnown}`);
        const pending = await new DurableFiles().begin('local-ltx', path);
        const header = () => ltxHeader({ pageSizeBytes, commit, minTxid: toTxid(2), maxTxid: toTxid(2) });
        const pages = { source: sourceOf(count, isKnown), commit, pageSizeBytes };
        const { sizeBytes, header: stored } = await writeLtxFile(pending, pages, header, way);
        await pending.create();
        const { size, mtimeMs } = statSync(path);
        assert.deepEqual([size, Math.floor(mtimeMs)], [sizeBytes, stored.timestampMs]);
        return readFileSync(path);
      });
      const [known, unknown] = await Promise.all(written);
      assert.ok(known!.equals(unknown!), `${count} pages of ${pageSizeBytes}`);
      way.checkNothingLent();
    }
  }
});
