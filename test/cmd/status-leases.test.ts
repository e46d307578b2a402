import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';

test('status shows leases where they are asked for: free ones, and objects that are none', async (t) => {
  const cwd = temporaryFolder(t);
  const database = new Database(join(cwd, 'app.db'));
  database.exec('create table t (x)');
  database.close();
  const write = (lease: string) =>
    writeFileSync(join(cwd, 'litestream.yml'), `lease: {${lease}}\ndbs: [{path: app.db, replica: {path: replica}}]\n`);
  const run = (line: string) => litestream([...line.split(' '), '-config', 'litestream.yml'], { cwd });
  const leaseOf = async () => JSON.parse((await run('status -json')).stdout)[0].replicas[0].lease;

  write('enabled: true, owner: host-a');
  assert.equal(await leaseOf(), undefined);
  assert.equal((await run('replicate -once')).code, 0);
  assert.deepEqual(await leaseOf(), { holder: null, until: null, epoch: 1 });
  assert.match((await run('status')).stdout, / age +lease\n.* free, epoch 1\n/);

  const numbers = readdirSync(join(cwd, 'replica')).flatMap((name) => /^lock\.(\d+)\.json$/.exec(name)?.[1] ?? []);
  const next = `lock.${String(Math.max(...numbers.map(Number)) + 1).padStart(numbers[0]!.length, '0')}.json`;
  writeFileSync(join(cwd, 'replica', next), 'no lease');
  const { error } = await leaseOf();
  assert.match(error, /Cannot read lease \S+: it is not JSON/);
  const { code, stdout } = await run('status -max-age 1h');
  assert.equal(code, 0);
  assert.match(stdout, /Cannot read lease/);

  write('enabled: false');
  assert.equal(await leaseOf(), undefined);
  assert.match((await run('status')).stdout, / age\n/);
});
