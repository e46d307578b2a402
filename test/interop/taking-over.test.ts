import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defaultMetaPath } from '../../src/engine/meta/meta-directory.ts';
import { parseTxid, type Txid, toTxid } from '../../src/format/ltx/txid.ts';
import { dumpDigests } from '../golden/dump-digests.ts';
import { keepAll } from '../support/keep-all.ts';
import { projectRoot } from '../support/project-root.ts';
import { restoreDatabase } from '../support/restored-database.ts';
import { Sidecar } from '../support/sidecar.ts';
import { Writer } from '../support/writer.ts';

interface Expected {
  readonly points: readonly { readonly txid: string; readonly dump_sha256: string }[];
  /** The newest TXIDs in the replica and in the local files. */
  readonly shipped_txid: string;
  readonly local_txid: string;
  readonly last_dump_sha256: string;
}

/**
 * A database with its WAL, Litestream's local files and its replica, recorded when Litestream had been killed before it
 * shipped the newest local files; one more transaction was committed after that.
 */
const recorded = join(projectRoot, 'test', 'fixtures', 'litestream-state');
const expected = JSON.parse(readFileSync(join(recorded, 'expected.json'), 'utf8')) as Expected;
const localTxid = parseTxid(expected.local_txid)!;
const shippedTxid = parseTxid(expected.shipped_txid)!;
const controlRows = 'select (select seq from _litestream_seq), (select count(*) from _litestream_lock)';
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'taking-over-'));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the recording, where Litestream's own places are also ours. */
function place(name: string): { path: string; replicaPath: string } {
  const path = join(folder, `${name}.db`);
  const replicaPath = join(folder, `${name}-replica`);
  cpSync(join(recorded, 'app.db'), path);
  cpSync(join(recorded, 'app.db-wal'), `${path}-wal`);
  cpSync(join(recorded, 'local'), defaultMetaPath(path), { recursive: true });
  cpSync(join(recorded, 'replica'), replicaPath, { recursive: true });
  return { path, replicaPath };
}

/** The dumps at some TXIDs, each of which must restore exactly. */
async function dumpsAt(replicaPath: string, txids: readonly Txid[]): Promise<string[]> {
  const paths: string[] = [];
  for (const txid of txids) {
    const path = join(folder, `restored-${txid}.db`);
    const report = await restoreDatabase(replicaPath, path, { kind: 'txid', txid });
    assert.equal(report.txid, txid);
    paths.push(path);
  }
  return dumpDigests(paths);
}

/** Every recorded TXID, those that Litestream had not shipped included, then the states that ours added. */
async function checkAll(replicaPath: string, added: ReadonlyMap<Txid, string>): Promise<void> {
  const all = new Map(expected.points.map(({ txid, dump_sha256 }) => [parseTxid(txid)!, dump_sha256]));
  for (const [txid, digest] of added) all.set(txid, digest);
  assert.deepEqual(await dumpsAt(replicaPath, [...all.keys()]), [...all.values()]);
  const level0 = readdirSync(join(replicaPath, 'ltx', '0')).sort();
  assert.equal(level0.length, Number([...added.keys()].at(-1)), 'one level-0 file for each TXID');
  for (const name of level0.slice(Number(shippedTxid), Number(localTxid))) {
    const own = readFileSync(join(recorded, 'local', 'ltx', '0', name));
    assert.deepEqual(readFileSync(join(replicaPath, 'ltx', '0', name)), own, name);
  }
}

test("replicate ships what a killed Litestream had not, then what changed after it, and leaves Litestream's tables alone", async () => {
  const { path, replicaPath } = place('killed');
  const added = new Map<Txid, string>();
  await using writer = new Writer(path);
  const control = await writer.run(controlRows);
  {
    await using sidecar = await Sidecar.start({ databases: [{ path, replicas: [replicaPath] }], settings: keepAll });
    const first = await sidecar.sync();
    assert.equal(first, localTxid + 1n);
    added.set(first, expected.last_dump_sha256);
    await writer.run("insert into item (name) values ('ours')");
    added.set(await sidecar.sync(), dumpDigests([path])[0]!);
    assert.equal((await sidecar.stop()).code, 0);
    assert(sidecar.logs.every((line) => !/^(warn|error)/.test(line)));
  }
  assert.deepEqual(await writer.run(controlRows), control);
  await checkAll(replicaPath, added);
});

test('replicate goes on after Litestream when the application has changed the database and removed the WAL since', async () => {
  const { path, replicaPath } = place('closed');
  const writer = new Writer(path);
  await writer.run('delete from item where id % 2 = 0', 'vacuum');
  await writer.end();
  const added = new Map<Txid, string>();
  await using sidecar = await Sidecar.start({ databases: [{ path, replicas: [replicaPath] }], settings: keepAll });
  added.set(await sidecar.sync(), dumpDigests([path])[0]!);
  assert.deepEqual([...added.keys()], [toTxid(localTxid + 1n)]);
  assert.equal((await sidecar.stop()).code, 0);
  await checkAll(replicaPath, added);
});

test('replicate refuses a database that is ahead of a replica without local files, until it is told to adopt it', async () => {
  const { path, replicaPath } = place('ahead');
  rmSync(defaultMetaPath(path), { recursive: true });
  const databases = [{ path, replicas: [replicaPath] }];
  {
    await using sidecar = await Sidecar.start({ databases, settings: keepAll });
    await assert.rejects(sidecar.sync(0, { timeoutMs: 500 }), { code: 'unavailable' });
    const { state, error } = await sidecar.status();
    assert.equal(state, 'failed');
    assert.match(error!, /^Cannot replicate .*: its replica is at TXID 0000000000000007 with database checksum /);
    assert(sidecar.logs.some((line) => line.includes('replicate -adopt')));
  }
  await using sidecar = await Sidecar.start({ databases, settings: { ...keepAll, adopt: true } });
  assert.equal(await sidecar.sync(), shippedTxid + 1n);
  assert.deepEqual(await dumpsAt(replicaPath, [toTxid(shippedTxid + 1n)]), [expected.last_dump_sha256]);
});
