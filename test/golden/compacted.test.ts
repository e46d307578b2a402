import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLevelSettings } from '../../src/engine/levels/level-settings.ts';
import { ReplicaCatalog } from '../../src/engine/levels/replica-catalog.ts';
import { LongWork } from '../../src/engine/long-work.ts';
import { maintainLimits } from '../../src/engine/maintain/maintain-services.ts';
import { ReplicaUpkeep } from '../../src/engine/maintain/replica-upkeep.ts';
import { PageRuns } from '../../src/engine/page-runs.ts';
import { readHeader } from '../../src/engine/restore/read-header.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import type { MemoryReplicaClient } from '../../src/replica/memory/memory-replica-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { dumpDigests } from './dump-digests.ts';
import { goldenCases, replicaOf } from './golden-case.ts';
import { restorePoint } from './restore-point.ts';

const settings = { ...defaultLevelSettings, intervalsMs: [150, 1000], verifyCompaction: true };
/** The recordings lie before. */
const clock = { ...systemClock, now: () => Date.UTC(2027, 0, 1) };
const { signal } = new AbortController();

function upkeepOf(client: MemoryReplicaClient, scratchPath: string): ReplicaUpkeep {
  const services = {
    limits: maintainLimits(),
    work: new LongWork(),
    runs: new PageRuns(loadKernels()),
    durableFiles: new DurableFiles(),
    clock,
    logger: silentLogger,
  };
  return new ReplicaUpkeep({ name: 'replica', client, settings, scratchPath, trusted: undefined }, services);
}

test('ReplicaUpkeep compacts what Litestream wrote, on top of its levels and from level 0 alone, into the same states', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'compacted-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const restored: { path: string; expected: string }[] = [];
  for (const golden of goldenCases()) {
    for (const kept of [(level: number) => level === 0, () => true]) {
      const client = replicaOf(golden.files.filter(({ level }) => kept(level)));
      const upkeep = upkeepOf(client, join(folder, 'scratch'));
      const catalog = await ReplicaCatalog.load(client, (file) => readHeader(client, file, { signal }), { signal });
      const newest = catalog.level(0).newestTxid;
      await upkeep.compact(catalog, newest, signal);
      await upkeep.snapshot(catalog, newest, signal);
      assert.equal(upkeep.verifyErrorCount, 0);
      assert.ok(catalog.level(1).length > 1 && catalog.level(2).length > 0, golden.name);
      const sync = catalog.level(0);
      await client.delete(Array.from({ length: sync.length }, (_, i) => sync.at(i)));
      const ends = new Set(Array.from({ length: catalog.level(1).length }, (_, i) => catalog.level(1).maxTxid(i)));
      const points = golden.points.filter(({ txid }) => ends.has(txid));
      assert.ok(points.length > 0, golden.name);
      for (const point of points) {
        const path = join(folder, `${restored.length}.db`);
        const report = await restorePoint(client, { kind: 'txid', txid: point.txid }, path, { exact: true });
        assert.equal(report.txid, point.txid);
        restored.push({ path, expected: point.dumpSha256 });
      }
    }
  }
  assert.deepEqual(
    dumpDigests(restored.map(({ path }) => path)),
    restored.map(({ expected }) => expected),
  );
});
