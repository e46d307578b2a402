import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Scene } from '../scene.ts';
import { until } from '../until.ts';

/** Writes the WAL bytes of a commit, as SQLite does first. */
const writeFrames = `
import sys
real, clone = sys.argv[1:]
data = open(clone + "-wal", "rb").read()
file = open(real + "-wal", "r+b")
file.write(data)
file.close()
`;
/** Makes the commit visible in the index, through mmap, without a file event; what checkpoints and readers noted stays. */
const showFrames = `
import mmap, sys
real, clone = sys.argv[1:]
data = open(clone + "-shm", "rb").read()
file = open(real + "-shm", "r+b")
index = mmap.mmap(file.fileno(), 0)
index[136:32768] = data[136:32768]
index[48:96] = data[48:96]
index[0:48] = data[0:48]
`;

function run(program: string, real: string, clone: string): void {
  execFileSync('python3', ['-c', program, real, clone]);
}

async function settled(scene: Scene, sidecar: { status(): Promise<{ idle: boolean }> }, last: number): Promise<void> {
  await until('the database is idle', async () => {
    if (!(await sidecar.status()).idle) return false;
    return (await scene.replica.column('select count(*) from t'))[0] === last;
  });
  await delay(300);
  assert.ok((await sidecar.status()).idle);
}

for (const [state, before] of [
  ['after the frames that the index knows', []],
  ['in a WAL that was empty', ['pragma wal_checkpoint(truncate)']],
] as const) {
  test(`FollowLoop does not rest while a commit stands ${state} and is not visible yet`, async (t) => {
    const scene = new Scene(t);
    const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
    const sidecar = await scene.start();
    await sidecar.sync();
    await application.run("insert into t values (1, 'x')", ...before);
    await settled(scene, sidecar, 1);
    // A commit made on a copy: its frames are then put into the WAL as a slow fsync shows them.
    const copy = new Scene(t);
    for (const suffix of ['', '-wal']) copyFileSync(scene.path + suffix, copy.path + suffix);
    const other = await copy.application('pragma wal_autocheckpoint = 0', "insert into t values (2, 'late')");
    const newest = scene.replica.newest;
    run(writeFrames, scene.path, copy.path);
    await delay(1_500);
    assert.equal(scene.replica.newest, newest);
    run(showFrames, scene.path, copy.path);
    await until('the commit is in the replica', () => scene.replica.newest > newest, { timeoutMs: 3_000 });
    assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
    await other.kill();
  });
}
