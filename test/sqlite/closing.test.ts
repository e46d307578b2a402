import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { advanceToEnd, digests, liveFixture } from './live-fixture.ts';

for (const busy of [false, true]) {
  for (const first of ['the application', 'the sidecar'] as const) {
    test(`LiveDatabase.close leaves every byte when ${first} closes first${busy ? ' after checkpoints' : ''}`, async (t) => {
      const { path, application, attach, start } = await liveFixture(t);
      const live = attach();
      await application.run('insert into t values (zeroblob(30000))');
      if (busy) {
        live.checkpointer().passive();
        advanceToEnd(live);
        live.checkpointer();
        await application.run('insert into t values (2)');
      }
      const { salt1, mxFrame } = live.index();
      if (first === 'the application') await application.close();
      const [database, wal] = digests(path).split('\n');
      live.close();
      assert.equal(existsSync(`${path}-wal`), true);
      assert.deepEqual(digests(path).split('\n').slice(0, 2), [database, wal]);
      const again = attach();
      assert.deepEqual([again.index().salt1, again.index().mxFrame], [salt1, mxFrame], 'where the next start goes on');
      again.close();
      if (first === 'the sidecar') await application.close();
      assert.equal(existsSync(`${path}-wal`), first === 'the application');
      assert.deepEqual(await start().run('select count(*) from t'), [[busy ? 2 : 1]]);
    });
  }
}
