import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { requireKnownState } from '../../../src/engine/meta/state-version.ts';
import { append, only, StoreScene } from '../../service/store/store-scene.ts';
import { litestream } from '../../support/litestream-cli.ts';
import { temporaryFolder } from '../restore/restore-to-folder.ts';
import { until } from '../until.ts';

const files = {
  'position.json': '{"version": 2}',
  'attempted.json': '{"version": 3, "through": "0000000000000001"}',
  'restored.json': '{"version": 2}',
  'page-checksums': 'PCS2 and whatever comes then',
  'restored-page-checksums': 'PCS9',
};

test('requireKnownState names the file that a later version wrote, and the way out', (t) => {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    const meta = new MetaDirectory(join(folder, name));
    mkdirSync(meta.path);
    requireKnownState('/data/app.db', meta);
    writeFileSync(join(meta.path, name), text);
    assert.throws(() => requireKnownState('/data/app.db', meta), {
      code: 'state-newer',
      message: new RegExp(`local state of /data/app\\.db: .*/${name} is of version \\d, and this program knows 1$`),
      hint: /later version .* litestream reset \/data\/app\.db, then replicate -adopt$/,
    });
  }
});

test('requireKnownState has nothing against state that is old, broken or not there', (t) => {
  const meta = new MetaDirectory(join(temporaryFolder(t), 'meta'));
  requireKnownState('/data/app.db', meta);
  mkdirSync(meta.path);
  for (const text of ['{"version": 1}', '{"version": "2"}', '{}', 'null', '{', '', 'PCS1', 'PC', 'x'.repeat(10)]) {
    for (const name of Object.keys(files)) writeFileSync(join(meta.path, name), text);
    requireKnownState('/data/app.db', meta);
  }
});

test('a database whose local state a later version wrote is not replicated, and its state stays as it is', async (t) => {
  const scene = new StoreScene(t);
  const application = await scene.application('one.db', 1);
  const database = scene.database('one.db');
  const first = scene.store({ databases: [database] });
  await first.start();
  await first.sync(database.path);
  await first.stop();
  const position = join(database.metaPath, 'position.json');
  const later = JSON.stringify({ ...JSON.parse(readFileSync(position, 'utf8')), version: 2 });
  writeFileSync(position, later);
  const before = readdirSync(database.metaPath);
  await append(application);
  const store = scene.store({ databases: [database] });
  await store.start();
  const status = await until('it is refused', async () => {
    const { state, error } = only(await store.status());
    return state === 'failed' && error;
  });
  assert.match(status, /position\.json is of version 2, and this program knows 1/);
  await store.stop();
  assert.equal(readFileSync(position, 'utf8'), later);
  assert.deepEqual(readdirSync(database.metaPath), before);
  // The way out that the error names.
  const config = join(scene.folder, 'c.yml');
  writeFileSync(
    config,
    `dbs: [{path: ${database.path}, meta-path: ${database.metaPath}, replica: {path: ${scene.replicaPath('one.db')}}}]\n`,
  );
  const reset = await litestream(['reset', '-config', config, database.path]);
  assert.equal(reset.code, 0, reset.stderr);
  const next = scene.store({ databases: [database], adopt: true });
  await next.start();
  await next.sync(database.path);
  assert.equal(await scene.restoredRows('one.db'), 2);
});

test('a restore into the place of a database whose local state a later version wrote is refused', async (t) => {
  const cwd = temporaryFolder(t);
  const scene = new StoreScene(t);
  await scene.application('one.db', 1);
  const store = scene.store({ databases: [scene.database('one.db')] });
  await store.start();
  await store.sync(scene.path('one.db'));
  mkdirSync(join(cwd, '.out.db-litestream'));
  writeFileSync(join(cwd, '.out.db-litestream/restored.json'), '{"version": 2}');
  const refused = await litestream(['restore', '-o', 'out.db', `file://${scene.replicaPath('one.db')}`], { cwd });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /restored\.json is of version 2, and this program knows 1\nHint: /);
  assert.deepEqual(readdirSync(cwd), ['.out.db-litestream']);
});
