import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultMetaPath, MetaDirectory } from '../../src/engine/meta/meta-directory.ts';
import { readRestoreMarker } from '../../src/engine/meta/restore-marker.ts';
import type { RestoreResult } from '../../src/engine/restore/restore-options.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import { FileReplicaClient } from '../../src/replica/file/file-replica-client.ts';
import { MemoryReplicaClient } from '../../src/replica/memory/memory-replica-client.ts';
import type { ReplicaClient } from '../../src/replica/replica-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import type { DurableObserver } from '../../src/runtime/durable-step.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { type RestoreDatabaseOptions, restoreDatabase } from '../../src/service/restore-database.ts';
import { ServiceError } from '../../src/service/service-error.ts';
import { kernels, ModelDatabase, somePages } from '../engine/restore/model-database.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { goldenFolder } from '../support/golden-files.ts';

const replicaFolder = join(goldenFolder, 'basic', 'replica');
const holderPath = fileURLToPath(new URL('../engine/hold-lock.js', import.meta.url));
const childPath = fileURLToPath(new URL('./killed-restore.js', import.meta.url));

type TestOptions = Partial<RestoreDatabaseOptions> & {
  readonly clients?: readonly ReplicaClient[];
  readonly observe?: DurableObserver;
};

function run(outputPath: string, { clients, observe, ...options }: TestOptions = {}): Promise<RestoreResult> {
  const services = { kernels, durableFiles: new DurableFiles(observe), clock: systemClock, logger: silentLogger };
  const golden = () => [new FileReplicaClient({ path: replicaFolder }, services)];
  const replicas = (clients ?? golden()).map((client, index) => ({ name: `replica-${index}`, client }));
  return restoreDatabase({ replicas, target: { kind: 'newest' }, outputPath, ...options }, services);
}

function commits(count: number): ModelDatabase {
  const model = new ModelDatabase();
  for (let version = 1; version <= count; version++) model.commit(somePages(5, version), 5);
  model.addLevel0();
  return model;
}

const markerOf = (path: string) => readRestoreMarker(new MetaDirectory(defaultMetaPath(path)));

test('restoreDatabase leaves a marker with every page checksum, durable before the database appears', async (t) => {
  const path = join(temporaryFolder(t), 'app.db');
  const steps: string[] = [];
  const observe: DurableObserver = (step) => {
    if (step.startsWith('restore-marker')) assert(!existsSync(path));
    steps.push(step);
  };
  const result = await run(path, { observe });
  assert(result.outcome === 'restored');
  const marker = await markerOf(path);
  assert.equal(marker?.txid, result.txid);
  assert.equal(marker.newestTxid, result.txid);
  assert.equal(marker.table.checksum, result.checksum);
  assert.equal(marker.table.pageCount, result.commit);
  assert(marker.table.isComplete());
  const stages = ['write', 'sync', 'publish', 'sync-directory'];
  const of = (purpose: string) => stages.map((stage) => `${purpose}.${stage}`);
  assert.deepEqual(steps, [...of('restore-marker'), ...of('restore-marker'), ...of('restored-database')]);
});

test('restoreDatabase tells in the marker the newest TXID of all replicas, whichever it reads', async (t) => {
  const path = join(temporaryFolder(t), 'app.db');
  const model = commits(3);
  const behind = new MemoryReplicaClient({ files: new Map([...model.files].slice(0, 2)) });
  const result = await run(path, {
    clients: [behind, model.replica()],
    target: { kind: 'moment', timestampMs: model.timestampAt(1) },
  });
  assert(result.outcome === 'restored');
  assert.deepEqual([result.replica.name, result.txid], ['replica-0', toTxid(1)]);
  const marker = await markerOf(path);
  assert.deepEqual([marker?.txid, marker?.newestTxid], [toTxid(1), toTxid(3)]);
});

test('restoreDatabase leaves local files alone and writes the marker where it is told to', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const metaPath = join(folder, 'state');
  mkdirSync(join(metaPath, 'ltx/0'), { recursive: true });
  writeFileSync(join(metaPath, 'ltx/0/0000000000000001-0000000000000001.ltx'), 'x');
  for (const target of [1, 2]) {
    await run(path, { metaPath, whenOutputExists: 'replace', clients: [commits(target).replica()] });
    assert.deepEqual(readdirSync(metaPath).sort(), ['lock.db', 'ltx', 'restored-page-checksums', 'restored.json']);
    assert.equal((await readRestoreMarker(new MetaDirectory(metaPath)))?.txid, toTxid(target));
  }
  assert.deepEqual(readdirSync(join(metaPath, 'ltx/0')), ['0000000000000001-0000000000000001.ltx']);
  assert.deepEqual(readdirSync(folder).sort(), ['app.db', 'state']);
});

test('restoreDatabase takes the marker back when the database could not be published', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  const observe: DurableObserver = (step) => {
    if (step === 'restored-database.sync') writeFileSync(path, 'an application was faster');
  };
  await assert.rejects(run(path, { observe }), { code: 'output-exists' });
  assert.equal(await markerOf(path), undefined);
  assert.deepEqual(readdirSync(defaultMetaPath(path)), []);
  assert.equal(readFileSync(path, 'utf8'), 'an application was faster');
});

test('restoreDatabase in the modes check and plan leaves nothing, restored files are 0600', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'app.db');
  for (const mode of ['check', 'plan'] as const) await run(path, { mode });
  assert.deepEqual(readdirSync(folder), []);
  await run(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(defaultMetaPath(path)).mode & 0o777, 0o700);
});

test('restoreDatabase refuses to replace a database that another process replicates, and names the process', async (t) => {
  const path = join(temporaryFolder(t), 'app.db');
  writeFileSync(path, 'old');
  const holder = spawn(process.execPath, [holderPath, path, defaultMetaPath(path)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  await assert.rejects(run(path, { whenOutputExists: 'replace' }), (error) => {
    assert(error instanceof ServiceError);
    assert.equal(error.code, 'in-use');
    assert.match(
      error.message,
      new RegExp(`^Cannot restore to ${path}: process ${holder.pid} on .* holds .*lock\\.db$`),
    );
    return true;
  });
  assert.equal(readFileSync(path, 'utf8'), 'old');
  rmSync(path);
  await run(path);
  assert.equal((await markerOf(path))?.txid, (await markerOf(path))?.newestTxid);
  await assert.rejects(run(path, { whenOutputExists: 'replace' }), { code: 'in-use' });
  holder.stdin.end();
  await once(holder, 'exit');
  assert.equal((await run(path, { whenOutputExists: 'replace' })).outcome, 'restored');
});

test('restoreDatabase hands mode and owner of the replaced database on', async (t) => {
  const path = join(temporaryFolder(t), 'app.db');
  writeFileSync(path, 'old');
  chmodSync(path, 0o664);
  const isRoot = process.geteuid!() === 0;
  if (isRoot) chownSync(path, 1234, 2345);
  await run(path, { whenOutputExists: 'replace' });
  const { mode, uid, gid } = statSync(path);
  assert.equal(mode & 0o777, 0o664);
  if (!isRoot) return;
  assert.deepEqual([uid, gid], [1234, 2345]);
  for (const name of ['.', ...readdirSync(defaultMetaPath(path))]) {
    const state = statSync(join(defaultMetaPath(path), name));
    assert.deepEqual([state.uid, state.gid], [1234, 2345], name);
  }
});

test('restoreDatabase that was killed at any durable step succeeds the next time and leaves no leftovers', async (t) => {
  const folder = temporaryFolder(t);
  const stages = ['write', 'sync', 'publish', 'sync-directory'];
  const steps = stages.flatMap((stage) => [
    ['restore-marker', stage, '1'],
    ['restore-marker', stage, '2'],
    ['restored-database', stage, '1'],
  ]);
  for (const before of ['nothing', 'a database'] as const) {
    for (const [purpose, stage, nth = ''] of steps) {
      const name = `${before} ${purpose} ${stage} ${nth}`;
      const path = join(folder, name, 'app.db');
      mkdirSync(join(folder, name));
      if (before === 'a database') for (const suffix of ['', '-wal', '-shm']) writeFileSync(path + suffix, 'old');
      const { signal } = spawnSync(process.execPath, [childPath, replicaFolder, path, `${purpose}.${stage}`, nth]);
      assert.equal(signal, 'SIGKILL', name);
      const result = await run(path, { whenOutputExists: 'replace' });
      assert(result.outcome === 'restored');
      assert.deepEqual(readdirSync(join(folder, name)).sort(), ['.app.db-litestream', 'app.db'], name);
      const left = readdirSync(defaultMetaPath(path)).filter((entry) => !entry.startsWith('lock'));
      assert.deepEqual(left.sort(), ['restored-page-checksums', 'restored.json']);
      assert.equal((await markerOf(path))?.table.checksum, result.checksum, name);
    }
  }
});
