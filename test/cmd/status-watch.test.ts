import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { coloured, wantsColour } from '../../cmd/colour.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { litestream } from '../support/litestream-cli.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

test('status -watch shows databases again and again until it is stopped', async (t) => {
  const cwd = temporaryFolder(t);
  const application = new Application(join(cwd, 'app.db'));
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)');
  const child = spawn(process.execPath, [entryPath, 'status', '-watch', 'app.db'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await until('the first look', () => /not initialized/.test(printed));
  await litestream(['replicate', '-once', 'app.db'], { cwd });
  await until('a later look', () => /app\.db +ok +0000000000000001/.test(printed));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.equal(printed.includes('\u001b'), false, 'nothing but text where it is no terminal');
});

test('status -watch and -max-age do not go together', async (t) => {
  const { code, stderr } = await litestream(['status', '-watch', '-max-age', '1m', 'app.db'], {
    cwd: temporaryFolder(t),
  });
  assert.equal(code, 2);
  assert.match(stderr, /-max-age.*-watch/);
});

test('colours are for terminals, and not against NO_COLOR', () => {
  assert.equal(wantsColour(true, {}), true);
  assert.equal(wantsColour(true, { NO_COLOR: '' }), true);
  assert.equal(wantsColour(true, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour(true, { TERM: 'dumb' }), false);
  assert.equal(wantsColour(false, {}), false);
  assert.equal(coloured('ok', 'green'), '\u001b[32mok\u001b[0m');
  assert.equal(coloured('ok', undefined), 'ok');
});
