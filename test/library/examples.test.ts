import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';

function example(t: TestContext, name: string, ...args: string[]) {
  const program = fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGTERM'));
  const output = { text: '', complaints: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.text += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.complaints += text));
  return { child, output, exit: once(child, 'close') };
}

describe('examples', { concurrency: true }, () => {
  it('node-service starts from its backup when its database is lost, and goes on', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'app.db');
    const serve = async (first: RegExp, visits: string) => {
      const { child, output, exit } = example(t, 'node-service', path, join(folder, 'replica'));
      await until(visits, () => output.text.includes(`visit ${visits}: TXID `));
      child.kill('SIGTERM');
      assert.deepEqual(await exit, [0, null], output.complaints);
      assert.match(output.text, first);
      assert.match(output.text, /stopped; the backup holds \d+ moments\n$/);
      assert.equal(output.complaints, '');
      const database = new Database(path, { readonly: true });
      const { count, last } = database.prepare('select count(*) count, max(id) last from visits').get() as {
        count: number;
        last: number;
      };
      database.close();
      assert.equal(count, last);
      return last;
    };
    const last = await serve(/^a new database/, '20');
    await serve(/^the database is there/, `${Math.floor(last / 10) * 10 + 10}`);
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    rmSync(join(folder, '.app.db-litestream'), { recursive: true });
    const before = Math.floor(last / 10) * 10;
    assert((await serve(/^restored TXID 0{10}/, `${before + 40}`)) >= before + 40);
  });

  it('demo finds nothing lost after a replicator was killed, and takes its folder away', async (t) => {
    const { output, exit } = example(t, 'demo');
    assert.deepEqual(await exit, [0, null], output.text + output.complaints);
    assert.match(output.text, /Nothing was lost\.\n$/);
    assert.equal(output.text.match(/^ {2}yes /gm)?.length, 6);
    assert.equal(output.complaints, '');
    const folder = /\S*litestream-demo-\w+/.exec(output.text)?.[0] ?? '';
    assert(folder !== '' && !existsSync(folder), folder);
  });
});
