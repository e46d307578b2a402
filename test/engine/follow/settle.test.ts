import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { DatabaseCounters } from '../../../src/engine/database-counters.ts';
import { attach } from '../../../src/engine/follow/attach.ts';
import { FollowLoop } from '../../../src/engine/follow/follow-loop.ts';
import { LocalFiles } from '../../../src/engine/meta/local-files.ts';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import { loadKernels } from '../../../src/kernel/load-kernels.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { Wakeup } from '../../../src/runtime/wakeup.ts';
import { AttachedFiles } from '../../../src/sqlite/attached-files.ts';
import { cleanUp } from '../clean-up.ts';
import { Scene } from '../scene.ts';
import { until } from '../until.ts';

/** Attaches the database of a scene in this process and follows it until the end of the test. */
async function followed(t: TestContext, { path, metaPath }: Scene): Promise<FollowLoop> {
  const services = {
    attached: new AttachedFiles(),
    runs: new PageRuns(loadKernels()),
    durableFiles: new DurableFiles(),
    clock: systemClock,
    logger: silentLogger,
  };
  const settings = { ...defaultSettings, path, metaPath, adopt: false, syncIntervalMs: 20 };
  const meta = new MetaDirectory(metaPath);
  const counters = new DatabaseCounters();
  const local = await LocalFiles.open(meta, services);
  const flags = { distrustWal: false, mustScan: false, whileUnsent: async () => undefined };
  const state = { meta, counters, local, remote: undefined, epoch: undefined, ...flags };
  const attachment = await attach(settings, state, services);
  const stop = new AbortController();
  const loop = new FollowLoop(attachment, settings, {
    ...services,
    counters,
    wakeup: new Wakeup(systemClock),
    events: { onFile: () => {}, onBusy: () => {}, fileIntervalMs: () => 20, betweenSyncs: async () => false },
  });
  const running = loop.run(true, stop.signal);
  cleanUp(t, async () => {
    stop.abort();
    await running;
    attachment.live.close();
  });
  await until('the database is at rest', () => loop.atRestSinceMs !== undefined);
  return loop;
}

/** In another process: to close a file of an attached database here would drop the locks. */
function copy(from: Scene, to: Scene): void {
  for (const suffix of ['', '-wal']) execFileSync('cp', [from.path + suffix, to.path + suffix]);
}

test('FollowLoop.settle describes the files once everything is copied back', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run("insert into t values (1, 'x')");
  const loop = await followed(t, scene);
  assert.equal(
    loop.settle(() => 'as they are'),
    'as they are',
  );
});

test('FollowLoop.settle describes nothing when a commit begins meanwhile that is not visible yet', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  await application.run("insert into t values (1, 'x')");
  const later = new Scene(t);
  copy(scene, later);
  await later.application('pragma wal_autocheckpoint = 0', "insert into t values (2, 'late')");
  const loop = await followed(t, scene);
  const writesFrames = () => {
    execFileSync('dd', [`if=${later.path}-wal`, `of=${scene.path}-wal`, 'conv=notrunc', 'status=none']);
    return 'as they are no more';
  };
  assert.equal(loop.settle(writesFrames), undefined);
});
