import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';
import { litestream } from '../support/litestream-cli.ts';

async function scene(t: TestContext, names: readonly string[]) {
  const cwd = temporaryFolder(t);
  const applications = new Map<string, Application>();
  for (const name of names) {
    const application = new Application(join(cwd, `${name}.db`));
    t.after(() => application.kill());
    await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
    applications.set(name, application);
  }
  const write = (text: string) =>
    writeFileSync(join(cwd, 'c.yml'), `socket: {enabled: true, path: ${cwd}/s.sock}\n${text}`);
  const entry = (name: string, more = '') =>
    `  - {path: ${cwd}/${name}.db, replica: {path: ${cwd}/replicas/${name}}${more}}\n`;
  const listed = async () => {
    const { stdout } = await litestream(['list', '-json', '-socket', join(cwd, 's.sock')]);
    const { databases } = JSON.parse(stdout) as { databases: { path: string; status: string }[] };
    return databases.map(({ path }) => path.slice(cwd.length + 1, -3));
  };
  return { cwd, applications, write, entry, listed };
}

test('SIGHUP has databases of the config file added, changed and removed, and leaves the others alone', async (t) => {
  const { cwd, applications, write, entry, listed } = await scene(t, ['stays', 'goes', 'changes', 'comes']);
  write(`dbs:\n${entry('stays')}${entry('goes')}${entry('changes')}`);
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  for (const name of ['stays', 'goes', 'changes'])
    await daemon.line(new RegExp(`read the whole database.*${name}\\.db`));
  const before = daemon.lines.length;
  write(`dbs:\n${entry('stays')}${entry('comes')}${entry('changes', ', checkpoint-interval: 7m')}`);
  daemon.signal('SIGHUP');
  const line = await daemon.line(/config file reloaded/, before);
  assert.match(line, /added=\S*comes\.db changed=\S*changes\.db removed=\S*goes\.db$/);
  assert.deepEqual(await listed(), ['changes', 'comes', 'stays']);
  await applications.get('stays')!.run('insert into t values (2)');
  const synced = await litestream(['sync', '-wait', '-socket', 's.sock', 'stays.db'], { cwd });
  assert.equal(synced.code, 0, synced.stderr);
  // An attachment that was ended would be made anew, and say so.
  assert.deepEqual(
    daemon.lines.slice(before).filter((text) => text.includes('stays.db')),
    [],
  );
  assert.equal(await daemon.stop(), 0);
  for (const name of ['stays', 'goes', 'comes']) {
    const restored = await litestream(['restore', '-o', `${name}-restored.db`, `file://${cwd}/replicas/${name}`], {
      cwd,
    });
    assert.equal(restored.code, 0, restored.stderr);
  }
});

test('SIGHUP with a config file that cannot be used changes nothing and says why', async (t) => {
  const { cwd, write, entry, listed } = await scene(t, ['one', 'two']);
  write(`dbs:\n${entry('one')}`);
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  await daemon.line(/read the whole database/);
  const bad: readonly (readonly [string, RegExp])[] = [
    ['dbs: [{', /everything stays as it was.*c\.yml:\d+:\d+/],
    [`dbs:\n${entry('one')}unknown-key: 1\n`, /unknown-key is an unknown key/],
    [`dbs:\n${entry('one')}${entry('two').replace('replicas/two', 'replicas/one')}`, /both would use the replica/],
  ];
  for (const [text, reason] of bad) {
    const before = daemon.lines.length;
    write(text);
    daemon.signal('SIGHUP');
    assert.match(await daemon.line(/cannot reload the config file/, before), reason);
    assert.deepEqual(await listed(), ['one']);
  }
  const before = daemon.lines.length;
  write(`workers: 3\nlogging: {level: debug}\ndbs:\n${entry('one')}${entry('two')}`);
  daemon.signal('SIGHUP');
  assert.match(await daemon.line(/takes effect at the next start only/, before), /keys="logging workers"$/);
  assert.deepEqual(await listed(), ['one', 'two']);
  await until('two is replicated', () => daemon.lines.some((line) => /read the whole database.*two\.db/.test(line)));
  assert.equal(await daemon.stop(), 0);
});

test('SIGHUP with a config file that lists nothing any more ends nothing', async (t) => {
  const { cwd, entry } = await scene(t, ['one']);
  const path = join(cwd, 'c.yml');
  writeFileSync(path, `dbs:\n${entry('one')}`);
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  await daemon.line(/read the whole database/);
  writeFileSync(path, '');
  daemon.signal('SIGHUP');
  assert.match(await daemon.line(/cannot reload the config file/), /it lists no databases/);
  assert.equal(await daemon.stop(), 0);
});
