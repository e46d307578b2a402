import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from '../scene.ts';
import { until } from '../until.ts';

/** Every commit is the last one for as long as it takes to arrive. */
test('FollowLoop ships the last commit of a FULL writer while the database then stays idle', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma synchronous = full');
  const sidecar = await scene.start();
  await sidecar.sync();
  for (let round = 1; round <= 25; round++) {
    await until('the database is idle', async () => (await sidecar.status()).idle);
    const before = scene.replica.newest;
    // Odd rounds come into an empty WAL, whose index still has the salts of before.
    if (round % 2 === 1) await application.run('pragma wal_checkpoint(truncate)');
    await application.run(`insert into t values (${round}, randomblob(${round * 500}))`);
    await until(`commit ${round} is in the replica`, () => scene.replica.newest > before, { timeoutMs: 3_000 });
  }
  assert.deepEqual(await scene.replica.column('select max(id) from t'), [25]);
});
