import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { cleanUp } from '../../engine/clean-up.ts';
import { temporaryFolder } from '../../engine/scene.ts';
import { until } from '../../engine/until.ts';

const command = fileURLToPath(new URL('../../../bin/litestream.js', import.meta.url));
const nobody = 65534;

/** A folder whose `data` holds databases under these names, all of it everybody's. */
function folderWith(t: TestContext, names: readonly string[]): string {
  const folder = temporaryFolder(t);
  const database = new Database(join(folder, 'made'));
  database.exec('pragma journal_mode = wal; create table t (x)');
  database.close();
  for (const name of names) {
    const path = join(folder, 'data', name);
    mkdirSync(dirname(path), { recursive: true });
    cpSync(join(folder, 'made'), path);
    for (const each of [folder, join(folder, 'data'), dirname(path)]) chmodSync(each, 0o777);
    chmodSync(path, 0o666);
    if (process.getuid?.() === 0) for (const each of [dirname(path), path]) chownSync(each, nobody, nobody);
  }
  return folder;
}

/** `replicate` of all databases below a folder, started through other programs. */
function replicate(t: TestContext, folder: string, through: readonly string[]) {
  const words = [process.execPath, command, 'replicate', join(folder, 'data'), `file://${join(folder, 'replicas')}`];
  const [file, ...args] = [...through, ...words];
  const child = spawn(file!, args, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  cleanUp(t, async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const lines = (part: string) => said.split('\n').filter((line) => line.includes(part));
  const says = (part: string) => until(part, () => lines(part).length > 0, { timeoutMs: 20_000 });
  return { lines, says, said: () => said };
}

test('replicate passes over what it may not read, saying so once, and takes it when its mode changes', async (t) => {
  const folder = folderWith(t, ['one.db', 'closed.db', 'folder/below.db']);
  chmodSync(join(folder, 'data/closed.db'), 0o000);
  chmodSync(join(folder, 'data/folder'), 0o000);
  const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const program = replicate(t, folder, process.getuid?.() === 0 ? asNobody : []);
  await program.says('read the whole database');
  cpSync(join(folder, 'made'), join(folder, 'data/two.db'));
  await program.says('a database joined');
  for (const [what, name] of [
    ['db', 'closed.db'],
    ['path', 'folder'],
  ]) {
    assert.equal(program.lines(`passed over" directory=${folder}/data ${what}=${folder}/data/${name}`).length, 1, name);
  }
  chmodSync(join(folder, 'data/closed.db'), 0o666);
  await program.says(`joined" directory=${folder}/data db=${folder}/data/closed.db`);
  chmodSync(join(folder, 'data/folder'), 0o777);
  await program.says(`joined" directory=${folder}/data db=${folder}/data/folder/below.db`);
  assert.equal(program.lines('passed over').length, 2);
});

test('replicate polls directories that it cannot watch, with one warning, until there is room', async (t) => {
  const isolated = ['unshare', '--user', '--map-root-user', 'sh', '-c'];
  const limit = '/proc/sys/user/max_inotify_watches';
  if (spawnSync(isolated[0]!, [...isolated.slice(1), `echo 3 > ${limit}`]).status !== 0) {
    t.skip('this system makes no user namespaces');
    return;
  }
  const folder = folderWith(
    t,
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}/one.db`),
  );
  const room = join(folder, 'room');
  const wait = `(while [ ! -e ${room} ]; do sleep 0.05; done; echo 1000 > ${limit})`;
  const program = replicate(t, folder, [...isolated, `echo 3 > ${limit}; ${wait} & exec "$0" "$@"`]);
  await program.says('cannot watch directories, polling them');
  await program.says('f/one.db');
  for (const name of ['a', 'f']) {
    cpSync(join(folder, 'made'), join(folder, `data/${name}/two.db`));
    await program.says(`joined" directory=${folder}/data db=${folder}/data/${name}/two.db`);
  }
  writeFileSync(room, '');
  await program.says('every directory is watched again');
  assert.equal(program.lines('cannot watch').length, 1, program.said());
});
