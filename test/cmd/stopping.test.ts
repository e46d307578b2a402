import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultMetaPath } from '../../src/engine/meta/meta-directory.ts';
import { formatLtxFileName } from '../../src/format/ltx/file-name.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import { kernels } from '../engine/restore/model-database.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';
import { encodeLtxFile, ltxHeader } from '../support/ltx-file-spec.ts';
import { testPages } from '../support/test-pages.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));
const holderPath = fileURLToPath(new URL('../engine/hold-lock.js', import.meta.url));

/** Every file holds a page that no other has, so all must be read. */
function writeManyFiles(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (let pgno = 1; pgno <= 2000; pgno++) {
    const txid = toTxid(pgno);
    const header = ltxHeader({ minTxid: txid, maxTxid: txid, commit: pgno });
    const bytes = encodeLtxFile({ header, pages: testPages(512, [pgno]) }, kernels);
    writeFileSync(join(folder, formatLtxFileName(txid, txid)), bytes);
  }
}

test('restore that is stopped by a signal exits with 1 and leaves nothing', async (t) => {
  const cwd = temporaryFolder(t);
  writeManyFiles(join(cwd, 'replica/ltx/0'));
  const output = join(cwd, 'out');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // On a busy machine a restore may be done before the signal gets there.
    let ended = await stoppedRestore(t, `file://${cwd}/replica`, output, signal);
    for (let left = 10; ended.code === 0 && left > 0; left--) {
      rmSync(output, { recursive: true });
      ended = await stoppedRestore(t, `file://${cwd}/replica`, output, signal);
    }
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, new RegExp(`msg=restoring .*\nError: Cannot restore file:.*: stopped by ${signal}\n$`));
    assert.deepEqual(readdirSync(output), []);
  }
});

/** Restores, and sends the signal twice at once, as Ctrl-C under npm does, when the restore has begun. */
async function stoppedRestore(t: TestContext, url: string, folder: string, signal: NodeJS.Signals) {
  const args = [entryPath, 'restore', '-parallelism', '1', '-o', join(folder, 'app.db'), url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stderr.once('data', () => {
    child.kill(signal);
    child.kill(signal);
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test('reset and restore -force are refused beside a process that replicates the database', async (t) => {
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'app.db');
  const metaPath = defaultMetaPath(path);
  mkdirSync(join(metaPath, 'ltx/0'), { recursive: true });
  writeFileSync(path, 'database');
  writeFileSync(join(metaPath, 'position.json'), '{}');
  const holder = spawn(process.execPath, [holderPath, path, metaPath], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const before = readdirSync(metaPath);
  const [reset, restore] = await Promise.all([
    litestream(['reset', 'app.db'], { cwd }),
    litestream(['restore', '-force', 'app.db'], { cwd }),
  ]);
  for (const [act, { code, stdout, stderr }] of [['reset', reset] as const, ['restore to', restore] as const]) {
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      new RegExp(`^Error: Cannot ${act} ${path}: process ${holder.pid} on .* holds .*\nHint: stop that`),
    );
  }
  assert.deepEqual(readdirSync(metaPath), before);
  holder.stdin.end();
  await once(holder, 'exit');
  assert.equal((await litestream(['reset', 'app.db'], { cwd })).code, 0);
  assert.deepEqual(readdirSync(metaPath), ['lock.db']);
});
