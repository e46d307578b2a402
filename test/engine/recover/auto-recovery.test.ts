import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultLevelSettings } from '../../../src/engine/levels/level-settings.ts';
import type { Sidecar } from '../../support/sidecar.ts';
import { cloneHost, insert, startLeased, takeOverMs, ttlMs } from '../lease/fencing-scene.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const timeoutMs = 30_000;
const lastRow = 6;
/** No boundary comes while a test lasts: a merged file would stand in for one that is missing. */
const settings = { levels: { ...defaultLevelSettings, intervalsMs: [100 * 24 * 3_600_000] } };

/** Resolves to the first line of a log that matches. */
function said({ logs }: Sidecar, pattern: RegExp): Promise<string> {
  return until(`${pattern} in: ${logs.join('\n')}`, () => logs.find((line) => pattern.test(line)), { timeoutMs });
}

/** A database whose replica has some level-0 files; nobody is attached any more. */
async function replicated(t: TestContext, owner?: string): Promise<Scene> {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const lease = owner === undefined ? undefined : { ttlMs, owner };
  const sidecar = await scene.start({ lease, settings });
  await sidecar.sync();
  for (let id = 1; id <= lastRow; id += 1) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  await sidecar.stop();
  await application.close();
  return scene;
}

function ltxPath(root: string, txid: number): string {
  const name = txid.toString(16).padStart(16, '0');
  return join(root, 'ltx', '0', `${name}-${name}.ltx`);
}

/** Puts another file in the place of one: written over, it would change under its other name too, be that local or in a replica. */
function replaceFile(path: string, bytes: Uint8Array): void {
  rmSync(path);
  writeFileSync(path, bytes);
}

/** Every file below a directory with its bytes. */
function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.includes('/ltx/'));
  return new Map(paths.map((path) => [path, readFileSync(path).toString('base64')]));
}

/** What may happen to the files of a replica. */
const damages: Readonly<Record<string, (scene: Scene) => void>> = {
  'a file that is missing': ({ replica }) => rmSync(ltxPath(replica.path, replica.newest - 2)),
  'a newest file without its end': ({ replica }) =>
    replaceFile(ltxPath(replica.path, replica.newest), replica.read(replica.newest).subarray(0, 150)),
  'a newest file of zeros': ({ replica }) => replaceFile(ltxPath(replica.path, replica.newest), Buffer.alloc(4_000)),
};

describe('AutoRecovery of a replica', { concurrency: 2 }, () => {
  for (const [what, damage] of Object.entries(damages)) {
    it(`begins it anew after ${what}, and says what it deletes`, async (t) => {
      const scene = await replicated(t);
      damage(scene);
      await assert.rejects(scene.replica.column('select id from t'), what);
      const sidecar = await scene.start({ autoRecover: true, settings });
      const log = await said(sidecar, /auto-recover deletes everything in a damaged replica/);
      assert.match(log, /^error .*because=.* files=\d+ bytes=\d+ upTo=0/);
      await scene.runAndClose(insert(lastRow + 1));
      await sidecar.sync(0, { timeoutMs });
      await sidecar.stop();
      assert.deepEqual(await scene.replica.column('select id from t'), upToRow(lastRow + 1));
    });

    it(`leaves it as it is after ${what} unless it is switched on`, async (t) => {
      const scene = await replicated(t);
      damage(scene);
      const before = filesIn(scene.replica.path);
      const sidecar = await scene.start({ settings });
      await delay(1_000);
      await sidecar.kill();
      const after = filesIn(scene.replica.path);
      for (const [path, bytes] of before) assert.equal(after.get(path), bytes, path);
      assert.ok(!sidecar.logs.some((line) => line.includes('auto-recover')));
    });
  }

  it('begins it anew when a compaction finds a file broken on which the newest state depends', async (t) => {
    const scene = await replicated(t);
    const path = ltxPath(scene.replica.path, scene.replica.newest - 2);
    const bytes = readFileSync(path);
    bytes[bytes.byteLength - 60]! ^= 1;
    replaceFile(path, bytes);
    const levels = { ...defaultLevelSettings, intervalsMs: [1_000] };
    const sidecar = await scene.start({ autoRecover: true, settings: { levels } });
    await said(sidecar, /auto-recover deletes everything in a damaged replica/);
    await scene.runAndClose(insert(lastRow + 1));
    await sidecar.sync(0, { timeoutMs });
    await sidecar.stop();
    assert.deepEqual(await scene.replica.column('select id from t'), upToRow(lastRow + 1));
  });

  it('leaves a damaged replica alone that another writer has gone on with', async (t) => {
    const scene = await replicated(t);
    const other = cloneHost(t, scene);
    const stranger = await other.start({ replicas: [scene.replica.path], settings });
    await other.runAndClose(insert(50));
    await stranger.sync();
    await stranger.stop();
    damages['a newest file of zeros']!(scene);
    const before = filesIn(scene.replica.path);
    const sidecar = await scene.start({ autoRecover: true, settings });
    await said(sidecar, /auto-recover leaves a damaged replica alone.*doubt=it holds TXID/);
    await sidecar.kill();
    for (const [path, bytes] of before) assert.equal(filesIn(scene.replica.path).get(path), bytes, path);
  });

  it('leaves a damaged replica alone whose files have a later epoch, and touches nothing while it has no lease', async (t) => {
    const scene = await replicated(t, 'a');
    const other = cloneHost(t, scene);
    const holder = await startLeased(other, scene.replica.path, 'b', { settings });
    await other.runAndClose(insert(50));
    await holder.sync(0, { timeoutMs: takeOverMs });
    // What this host has, too, reaches beyond what the other one wrote.
    await scene.start({ replicas: [join(scene.folder, 'elsewhere')], settings }).then(async (sidecar) => {
      for (let id = 60; id < 70; id += 1) {
        await scene.runAndClose(insert(id));
        await sidecar.sync(0, { timeoutMs });
      }
      await sidecar.stop();
    });
    damages['a file that is missing']!(scene);
    const before = filesIn(scene.replica.path);
    const sidecar = await startLeased(scene, scene.replica.path, 'a', { autoRecover: true, settings });
    await until('it stands by', async () => (await sidecar.status()).state === 'standby');
    await delay(500);
    assert.deepEqual(filesIn(scene.replica.path), before, 'without its lease');
    await holder.stop();
    await said(sidecar, /auto-recover leaves a damaged replica alone.*doubt=its files have epoch/);
    await sidecar.kill();
    for (const [path, bytes] of before) assert.equal(filesIn(scene.replica.path).get(path), bytes, path);
  });
});

describe('AutoRecovery of local files', { concurrency: 2 }, () => {
  it('removes them when one is broken, and goes on after the replica with what differs', async (t) => {
    const scene = await replicated(t);
    const { newest } = scene.replica;
    replaceFile(ltxPath(scene.metaPath, newest), Buffer.from('broken'));
    await scene.runAndClose(insert(lastRow + 1));
    const sidecar = await scene.start({ autoRecover: true, settings });
    await said(sidecar, /^error auto-recover removes the local files.*files=\d+/);
    await scene.runAndClose(insert(lastRow + 2));
    await sidecar.sync(0, { timeoutMs });
    await sidecar.stop();
    assert.deepEqual(await scene.replica.column('select id from t'), upToRow(lastRow + 2));
    assert.deepEqual(await scene.replica.column('select id from t', newest), upToRow(lastRow), 'the past is as it was');
    assert.ok(scene.replica.pgnos(newest + 1).length < scene.replica.header(newest + 1).commit, 'a diff');
    assert.deepEqual(scene.replica.txids(), upToRow(scene.replica.newest));
  });

  it('keeps them, and says the way out, unless it is switched on', async (t) => {
    const scene = await replicated(t);
    replaceFile(ltxPath(scene.metaPath, scene.replica.newest), Buffer.from('broken'));
    const before = [filesIn(scene.replica.path), filesIn(scene.metaPath)];
    const sidecar = await scene.start({ settings });
    const error = await until('the error shows', async () => (await sidecar.status()).error);
    assert.match(error, /Cannot use local file of TXID [0-9a-f]{16}: damaged/);
    await said(sidecar, /hint=run `litestream reset` for this database, or set `auto-recover: true`/);
    await sidecar.kill();
    assert.deepEqual([filesIn(scene.replica.path), filesIn(scene.metaPath)], before);
  });

  it('keeps them when another writer has gone on with the replica', async (t) => {
    const scene = await replicated(t);
    const other = cloneHost(t, scene);
    const stranger = await other.start({ replicas: [scene.replica.path], settings });
    await other.runAndClose(insert(50));
    await stranger.sync();
    await stranger.stop();
    replaceFile(ltxPath(scene.metaPath, lastRow + 1), Buffer.from('broken'));
    const before = [filesIn(scene.replica.path), filesIn(scene.metaPath)];
    const sidecar = await scene.start({ autoRecover: true, settings });
    await until('it needs the operator', async () => (await sidecar.status()).state === 'failed');
    assert.match((await sidecar.status()).error ?? '', /replica replica-0 may be another writer's, it holds TXID/);
    await sidecar.kill();
    assert.deepEqual([filesIn(scene.replica.path), filesIn(scene.metaPath)], before);
  });

  it('goes on in its lease', async (t) => {
    const scene = await replicated(t, 'a');
    cpSync(scene.metaPath, join(scene.folder, 'kept'), { recursive: true });
    replaceFile(ltxPath(scene.metaPath, scene.replica.newest), Buffer.from('broken'));
    const sidecar = await startLeased(scene, scene.replica.path, 'a', { autoRecover: true, settings });
    await said(sidecar, /auto-recover removes the local files/);
    await scene.runAndClose(insert(lastRow + 1));
    await sidecar.sync(0, { timeoutMs });
    await sidecar.stop();
    assert.deepEqual(await scene.replica.column('select id from t'), upToRow(lastRow + 1));
    assert.deepEqual(scene.replica.txids(), upToRow(scene.replica.newest));
  });
});
