import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { until } from '../../engine/until.ts';
import { append, isRunning, StoreScene, shardPids } from '../store/store-scene.ts';

describe('serveShard', () => {
  it('ends after last syncs when the process of the store is killed', async (t) => {
    const scene = new StoreScene(t);
    const names = ['one.db', 'two.db'];
    const applications = [];
    for (const name of names) applications.push(await scene.application(name, 1));
    const options = { databases: names.map((name) => scene.database(name)), workers: 2 };
    const script = `
      import { openStore } from ${JSON.stringify(import.meta.resolve('../../../src/service/store/open-store.js'))};
      import { silentLogger } from ${JSON.stringify(import.meta.resolve('../../../src/runtime/logger.js'))};
      const store = openStore(${JSON.stringify(options)}, { logger: silentLogger });
      await store.start();
      for (const path of store.paths) await store.sync(path);
      console.log('started');`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => parent.kill('SIGKILL'));
    let complaints = '';
    parent.stderr.on('data', (data) => (complaints += String(data)));
    await once(createInterface({ input: parent.stdout }), 'line');
    const pids = shardPids(parent.pid);
    assert.equal(pids.length, 2);
    // A change that no sync interval has passed for yet goes out with the last sync.
    for (const application of applications) await append(application);
    parent.kill('SIGKILL');
    await until('the shards have ended', () => !pids.some(isRunning));
    for (const name of names) assert.equal(await scene.restoredRows(name), 2);
    assert.equal(complaints, '');
  });

  it('leaves the process of the store alive while its databases are idle, and lets it end after a stop', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    for (const isolation of ['auto', 'process']) {
      const options = { databases: [scene.database('one.db')], isolation };
      const script = `
        import { openStore } from ${JSON.stringify(import.meta.resolve('../../../src/service/store/open-store.js'))};
        import { silentLogger } from ${JSON.stringify(import.meta.resolve('../../../src/runtime/logger.js'))};
        const store = openStore(${JSON.stringify(options)}, { logger: silentLogger });
        await store.start();
        for (const path of store.paths) await store.sync(path);
        process.once('SIGTERM', () => void store.stop());
        console.log('started');`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.after(() => parent.kill('SIGKILL'));
      const exit = once(parent, 'exit');
      await once(createInterface({ input: parent.stdout }), 'line');
      const ended = await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 600, 'alive'))]);
      assert.equal(ended, 'alive', isolation);
      parent.kill('SIGTERM');
      assert.deepEqual(await exit, [0, null], isolation);
    }
  });
});
