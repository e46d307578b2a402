import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { DatabaseCounters } from '../../../src/engine/database-counters.ts';
import { attach } from '../../../src/engine/follow/attach.ts';
import { LocalFiles } from '../../../src/engine/meta/local-files.ts';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import { loadKernels } from '../../../src/kernel/load-kernels.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { AttachedFiles } from '../../../src/sqlite/attached-files.ts';
import { Scene } from '../scene.ts';

const memoryBytes = 100_000;
const mostFiles = 20;

test('Attachment.sync ends although more than fits in memory comes in with every file', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run('create table scratch (blob)', 'insert into scratch values (null)');
  const services = {
    attached: new AttachedFiles(),
    runs: new PageRuns(loadKernels()),
    durableFiles: new DurableFiles(),
    clock: systemClock,
    logger: silentLogger,
  };
  const meta = new MetaDirectory(scene.metaPath);
  let fileCount = 0;
  const whileUnsent = async (): Promise<undefined> => {
    if (++fileCount > mostFiles) return;
    await application.run(`update scratch set blob = randomblob(${3 * memoryBytes})`);
  };
  const { path, metaPath } = scene;
  const settings = {
    ...defaultSettings,
    path,
    metaPath,
    adopt: false,
    syncIntervalMs: 1_000,
    maxSyncWalBytes: memoryBytes,
  };
  const local = await LocalFiles.open(meta, services);
  const flags = { distrustWal: false, mustScan: false };
  const counters = new DatabaseCounters();
  const state = { meta, counters, local, remote: undefined, epoch: undefined, ...flags, whileUnsent };
  const attachment = await attach(settings, state, services);
  try {
    await application.run(`update scratch set blob = randomblob(${3 * memoryBytes})`);
    const before = fileCount;
    await attachment.sync();
    assert.ok(fileCount > before, 'what was committed before is in a file');
    assert.ok(fileCount < before + mostFiles / 2, `${fileCount - before} files`);
    assert.ok(attachment.capture.backlogFrames() > 0, 'what came in meanwhile waits');
  } finally {
    attachment.close();
  }
});
