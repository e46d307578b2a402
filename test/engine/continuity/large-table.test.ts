import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PageChecksumTable } from '../../../src/engine/meta/page-checksum-table.ts';
import type { Sidecar } from '../../support/sidecar.ts';
import { Scene } from '../scene.ts';
import { until } from '../until.ts';

/** Page checksums of so many pages stay in their file. */
const leastPages = 131_073;
const blockBytes = 4096;

/** A database of small pages, most of them empty: quick to make and to copy. Rows of `early` are in its first pages, of `t` in its last. */
async function largeDatabase(scene: Scene) {
  const application = await scene.application('pragma page_size = 512', 'pragma journal_mode = wal');
  await application.run(
    'pragma synchronous = off',
    'create table t (id integer primary key, x)',
    'create table early (x)',
    'create table filler (x)',
    "insert into early values ('as it was')",
    `insert into filler values (zeroblob(${leastPages * 512}))`,
    "insert into t with recursive c(i) as (select 1 union all select i + 1 from c where i < 200) select i, 'as it was' from c",
  );
  return application;
}

/** How often a process has the table open, under its name or after it was replaced. */
function tableDescriptors(scene: Scene, sidecar: Sidecar): number {
  const folder = `/proc/${sidecar.pid}/fd`;
  const path = join(scene.metaPath, 'page-checksums');
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(join(folder, name)).startsWith(path);
    } catch {
      return false; // closed since
    }
  }).length;
}

function said({ logs }: Sidecar, pattern: RegExp): Promise<string> {
  return until(`${pattern} in: ${logs.join('\n')}`, () => logs.find((line) => pattern.test(line)), {
    timeoutMs: 20_000,
  });
}

const update = (id: number, text: string) => `update t set x = '${text}' where id = ${id}`;

test('a database whose page checksums stay in their file is followed, and goes on where it was left', async (t) => {
  const scene = new Scene(t);
  const application = await largeDatabase(scene);
  const first = await scene.start();
  await first.sync();
  await first.stop();
  await application.close(); // and with it goes the WAL
  const next = await scene.application(update(1, 'while nobody was attached'));
  const second = await scene.start();
  await second.sync();
  await said(second, /read the whole database.*changed=true/);
  assert.ok(scene.replica.pgnos(scene.replica.newest).length < 10, 'what differs');
  assert.equal(tableDescriptors(scene, second), 1);
  await next.run(update(100, 'a page of the middle'));
  await second.sync();
  await second.stop();
  const third = await scene.start();
  await third.sync();
  await said(third, /going on where it was left/);
  await next.run(update(200, 'the last one'));
  await third.sync();
  assert.equal(tableDescriptors(scene, third), 1);
  assert.deepEqual(await scene.replica.column("select x from t where x != 'as it was' order by id"), [
    'while nobody was attached',
    'a page of the middle',
    'the last one',
  ]);
});

/** Changes the same bit of every block in place, which XOR alone would not always see. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const descriptor = openSync(path, 'r+');
  for (let at = blockBytes / 2; at < bytes.length; at += blockBytes)
    writeSync(descriptor, Buffer.of(bytes[at]! ^ 4), 0, 1, at);
  closeSync(descriptor);
}

for (const [what, files, next] of [
  ['is made anew of local files that go back to TXID 1', 'all', /going on where it was left/],
  ['is given up where they do not, and the next file holds every page', 'newest', /no usable page-checksum table/],
] as const) {
  test(`a page-checksum table that is damaged while it is in use ${what}`, async (t) => {
    const scene = new Scene(t);
    const application = await largeDatabase(scene);
    const first = await scene.start();
    await first.sync();
    await first.stop();
    const sidecar = await scene.start();
    const localFiles = () => readdirSync(join(scene.metaPath, 'ltx', '0')).length;
    if (files === 'newest') {
      await application.run(update(1, 'before'));
      await sidecar.sync();
      await until('only the newest local file is left', () => localFiles() === 1);
    } else await sidecar.sync();
    const before = scene.replica.newest;
    const lineCount = sidecar.logs.length;
    damage(join(scene.metaPath, 'page-checksums'));
    await application.run("update early set x = 'afterwards'");
    await said(sidecar, /Cannot use the page-checksum table .*: it is not what was written/);
    await until('it is attached again', () => sidecar.logs.slice(lineCount).some((line) => next.test(line)), {
      timeoutMs: 20_000,
    });
    await application.run(update(2, 'afterwards'));
    await sidecar.sync();
    if (files === 'newest')
      assert.equal(scene.replica.pgnos(before + 1).length, scene.replica.header(before + 1).commit, 'every page');
    const rows = 'select x from early union all select x from t where id = 2';
    assert.deepEqual(await scene.replica.column(rows), ['afterwards', 'afterwards']);
    assert.deepEqual(await scene.replica.column('pragma integrity_check'), ['ok']);
    assert.ok(tableDescriptors(scene, sidecar) <= 1);
    await sidecar.stop();
    assert.notEqual(await PageChecksumTable.load(join(scene.metaPath, 'page-checksums')), undefined, 'stored anew');
  });
}
