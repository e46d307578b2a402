import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after as afterAll, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultLevelSettings, type LevelSettings } from '../../src/engine/levels/level-settings.ts';
import { type DurablePurpose, type DurableStep, durableStages, durableSteps } from '../../src/runtime/durable-step.ts';
import { DumpReader } from '../support/dump-reader.ts';
import type { ProcessEnd } from '../support/sidecar.ts';
import { CrashScene } from './crash-scene.ts';
import { requireLeaseAfter } from './lease-crash.ts';

const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How a sidecar is brought to a step; the n-th time it gets there it dies. */
interface Crash {
  readonly step: DurableStep;
  readonly occurrence: number;
  /** Whether the replica lies on another file system, where files are copied instead of given a second name. */
  readonly isElsewhere?: boolean;
  /** Counted from this step on. */
  readonly after?: DurableStep;
  readonly when: string;
  /** What comes before the sidecar that dies. */
  readonly prepare?: (scene: CrashScene) => Promise<void>;
  readonly bringAbout: (scene: CrashScene) => Promise<void>;
}

const otherFileSystems = ['--import', new URL('../support/other-file-systems.js', import.meta.url).href];
const restoreProgram = fileURLToPath(new URL('../service/killed-restore.js', import.meta.url));

const stagesOf = (purpose: DurablePurpose): DurableStep[] =>
  durableStages.map((stage): DurableStep => `${purpose}.${stage}`);

const replicationSteps: Pick<Crash, 'step' | 'isElsewhere'>[] = [
  ...stagesOf('local-ltx').map((step) => ({ step })),
  ...stagesOf('replica-ltx').map((step) => ({ step, isElsewhere: true })),
  { step: 'replica-ltx.publish' },
  { step: 'replica-ltx.sync-directory' },
];
const replication: Crash[] = replicationSteps.flatMap((step) => [
  { ...step, occurrence: 1, when: 'of the first file', bringAbout: (scene) => scene.shipUntilDeath() },
  { ...step, occurrence: 3, when: 'of a later file', bringAbout: (scene) => scene.shipUntilDeath() },
]);

const housekeeping: Crash[] = ([...stagesOf('checksum-table'), 'local-ltx.remove'] as const).map((step) => ({
  step,
  occurrence: 1,
  when: 'while replicating',
  bringAbout: (scene) => scene.shipUntilDeath(),
}));

const stopping: Crash[] = stagesOf('checksum-table').map((step) => ({
  step,
  occurrence: 1,
  when: 'at a stop',
  async bringAbout(scene) {
    await scene.ship();
    await scene.commit();
    await scene.sidecar.stop();
  },
}));

const folding: Crash[] = stagesOf('attempted-mark').map((step) => ({
  step,
  occurrence: 1,
  when: 'while no replica accepts files',
  bringAbout: commitWithoutReplica,
}));

const folded: Crash[] = stagesOf('local-ltx').map((step) => ({
  step,
  occurrence: 1,
  after: 'attempted-mark.sync-directory',
  when: 'of a file that is folded',
  bringAbout: commitWithoutReplica,
}));

const snapshotSteps = ['local-ltx.sync', 'local-ltx.publish', 'replica-ltx.sync', 'replica-ltx.publish'] as const;
const snapshots: Crash[] = snapshotSteps.map((step) => ({
  step,
  isElsewhere: true,
  occurrence: 1,
  when: 'of the snapshot of a new page size',
  async prepare(scene) {
    await scene.start();
    await scene.ship();
    await scene.sidecar.stop();
    await scene.writer.run('PRAGMA journal_mode = DELETE', 'PRAGMA page_size = 2048', 'VACUUM');
    await scene.writer.run('PRAGMA journal_mode = WAL');
  },
  bringAbout: (scene) => scene.shipUntilDeath(),
}));

const unfolding: Crash = {
  step: 'attempted-mark.remove',
  occurrence: 1,
  when: 'when the replica accepts files again',
  async bringAbout(scene) {
    await commitWithoutReplica(scene, () => existsSync(scene.meta.attemptedPath));
    await scene.repairReplica();
  },
};

const quarantine: Crash = {
  step: 'local-ltx.move',
  occurrence: 1,
  when: 'after another host went on without what was never sent',
  async prepare(scene) {
    await scene.start();
    await scene.ship();
    await commitWithoutReplica(scene, () => existsSync(scene.meta.attemptedPath));
    await scene.sidecar.kill();
    await scene.repairReplica();
    await scene.goOnElsewhere();
    scene.isLeased = true;
  },
  bringAbout: async () => {},
};

const changes: readonly { readonly name: string; make(scene: CrashScene): Promise<void> }[] = [
  { name: 'nothing changes', async make() {} },
  { name: 'an application commits', make: (scene) => scene.commit() },
  {
    name: 'everything is copied back and the WAL removed',
    async make(scene) {
      await scene.commit();
      await scene.writer.close();
      await scene.writer.reopen();
    },
  },
];

const hitSteps = new Set<DurableStep>();
const dumps = new DumpReader();
afterAll(() => dumps[Symbol.asyncDispose]());

describe(`crash, then restart, ship and restore (CRASH_SEED=${seed})`, { concurrency: 4 }, () => {
  const crashes = [
    ...replication,
    ...housekeeping,
    ...stopping,
    ...folding,
    ...folded,
    ...snapshots,
    unfolding,
    quarantine,
  ];
  for (const { step, occurrence, isElsewhere, after, when, prepare, bringAbout, change } of withChanges(crashes)) {
    const where = isElsewhere ? ' on another file system' : '';
    test(`${step} ${when}${where}: nothing is lost when ${change.name} before the restart`, async () => {
      await using scene = await CrashScene.open(dumps, seed);
      await prepare?.(scene);
      await scene.start({ step, occurrence, after }, isElsewhere ? otherFileSystems : []);
      await bringAbout(scene);
      await scene.died();
      hitSteps.add(step);
      await change.make(scene);
      if (existsSync(`${scene.replica}.away`)) await scene.repairReplica();
      await scene.requireEverything();
    });
  }
});

describe('crash of a restore over a database, then replicate what is there', { concurrency: 4 }, () => {
  const once = [...stagesOf('restore-marker'), ...stagesOf('restored-database')];
  const crashes = [...once.map((step) => [step, 1] as const), ['restore-marker.publish', 2] as const];
  for (const [i, [step, occurrence]] of crashes.entries()) {
    const isRepeated = (i + seed) % 2 === 0;
    const then = isRepeated ? 'and a second restore completes' : 'and replication goes on';
    test(`${step} (${occurrence}): the database is the old or the restored one, ${then}`, async () => {
      await using scene = await CrashScene.open(dumps, seed);
      const restored = await replicateAndGoOn(scene);
      const old = await scene.digestOfCopy();
      assert.equal((await restoreOver(scene, step, occurrence)).signal, 'SIGKILL');
      hitSteps.add(step);
      assert.ok([old, restored].includes(await scene.digestOfCopy()));
      if (isRepeated) {
        assert.equal((await restoreOver(scene)).code, 0);
        assert.equal(await scene.digestOfCopy(), restored);
      }
      await scene.requireEverything();
    });
  }
});

const levels: LevelSettings = {
  ...defaultLevelSettings,
  intervalsMs: [40, 120],
  snapshotIntervalMs: 200,
  snapshotRetentionMs: 300,
  syncRetentionMs: 80,
  syncRetentionCheckMs: 20,
};

describe('crash while a replica is compacted or files are deleted, then go on', { concurrency: 4 }, () => {
  const writes = stagesOf('replica-ltx').flatMap((step) =>
    ['/ltx/1/', '/ltx/2/', '/ltx/9/'].map((path) => ({ step, path })),
  );
  const removals = ['/ltx/0/', '/ltx/1/', '/ltx/9/'].map((path) => ({ step: 'replica-ltx.remove' as const, path }));
  for (const [i, { step, path }] of [...writes, ...removals].entries()) {
    test(`${step} in ${path}: what is promised can be restored, and the next start goes on`, async () => {
      await using scene = await CrashScene.open(dumps, seed + i);
      scene.levels = levels;
      await scene.start({ step, path, occurrence: 1 + (seed % 3) });
      await scene.shipUntilDeath();
      await scene.died();
      hitSteps.add(step);
      await scene.requireReachable();
    });
  }
});

describe('crash of the holder of a lease, then hold it again', { concurrency: 4 }, () => {
  for (const [i, step] of [...stagesOf('lease'), ...stagesOf('lease-memory')].entries()) {
    const occurrence = 1 + ((i + seed) % 2);
    test(`${step} of ${occurrence === 1 ? 'an acquisition' : 'a renewal'}: the lease is had again, with a new epoch`, async () => {
      await requireLeaseAfter(step, occurrence);
      hitSteps.add(step);
    });
  }
});

test('durableSteps: every step was hit', () => {
  assert.deepEqual(
    durableSteps.filter((step) => !hitSteps.has(step)),
    [],
  );
});

/** Every step with a change afterwards and without one, however many ways lead to it. */
function withChanges(crashes: readonly Crash[]): (Crash & { readonly change: (typeof changes)[number] })[] {
  const bySteps = [...new Set(crashes.map(({ step }) => step))].map((step) => crashes.filter((c) => c.step === step));
  return bySteps.flatMap((ways) =>
    Array.from({ length: Math.max(2, ways.length) }, (_, i) => {
      const isChanged = (i + seed) % 2 === 1;
      return { ...ways[i % ways.length]!, change: changes[isChanged ? 1 + (((i >> 1) + (seed >> 1)) % 2) : 0]! };
    }),
  );
}

/** Ships two states and leaves a third in the WAL that nobody ships; returns the digest of the newest one shipped. */
async function replicateAndGoOn(scene: CrashScene): Promise<string> {
  await scene.start();
  await scene.ship();
  await scene.commit();
  await scene.ship();
  const shipped = await scene.writer.digest();
  await scene.sidecar.stop();
  await scene.commit();
  await scene.killWriter();
  return shipped;
}

async function restoreOver(scene: CrashScene, step = 'none', occurrence = 1): Promise<ProcessEnd> {
  const words = [restoreProgram, scene.replica, scene.databasePath, step, String(occurrence)];
  const [code, signal] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'exit');
  return { code, signal };
}

async function commitWithoutReplica(scene: CrashScene, isSo: () => boolean = () => false): Promise<void> {
  await scene.ship();
  await scene.breakReplica();
  let isDead = false;
  scene.sidecar.ended.then(() => {
    isDead = true;
  });
  await scene.commitUntil(() => isDead || isSo());
}
