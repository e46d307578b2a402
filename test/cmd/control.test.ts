import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';
import { litestream } from '../support/litestream-cli.ts';

/** A running process with a control socket, and one database. */
async function running(t: TestContext) {
  const cwd = temporaryFolder(t);
  const application = new Application(join(cwd, 'app.db'));
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
  const config = `socket: {enabled: true, path: ${cwd}/s.sock}\ndbs: [{path: ${cwd}/app.db, replica: {path: ${cwd}/replica}}]\n`;
  writeFileSync(join(cwd, 'c.yml'), config);
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  await daemon.line(/read the whole database/);
  const control = (...[command, ...rest]: string[]) => litestream([command!, '-socket', 's.sock', ...rest], { cwd });
  return { cwd, application, daemon, control };
}

test('the commands for a running process do what they say', async (t) => {
  const { cwd, application, daemon, control } = await running(t);
  const path = join(cwd, 'app.db');
  const info = JSON.parse((await control('info', '-json')).stdout) as { pid: number; database_count: number };
  assert.deepEqual([info.pid, info.database_count], [daemon.pid, 1]);
  assert.match(
    (await control('info')).stdout,
    /^Litestream v\d.*\n {2}PID: {8}\d+\n {2}Uptime: .*\n {2}Started at: .*\n {2}Databases: {2}1\n$/,
  );
  await application.run('insert into t values (2)');
  const synced = await control('sync', '-wait', '-json', 'app.db');
  const { txid, replica_txid: replicated } = JSON.parse(synced.stdout) as { txid: number; replica_txid: number };
  assert.ok(txid >= 1 && replicated === txid);
  assert.match((await control('list')).stdout, new RegExp(`^${path} \\[replicating\\] \\(last sync: 20.*Z\\)\n$`));
  assert.equal(
    (await control('stop', 'app.db')).stdout,
    `status: stopped\ndb_path: ${path}\nstate: stopped\ntxid: ${txid}\nsocket: s.sock\n`,
  );
  const refused = await control('sync', path);
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.equal(refused.stderr, `Error: database not open: ${path}\nHint: litestream start begins again\n`);
  assert.match((await control('start', '-timeout', '1m', path)).stdout, /^status: started\n/);
  const other = new Application(join(cwd, 'other.db'));
  t.after(() => other.kill());
  await other.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
  const url = `file://${cwd}/other-replica`;
  assert.match((await control('register', '-replica', url, 'other.db')).stdout, /^status: registered\n/);
  assert.match((await control('register', '-replica', url, 'other.db')).stdout, /^status: already registered\n/);
  await control('sync', '-wait', 'other.db');
  const preview = await control('unregister', '-dry-run', 'other.db');
  assert.match(preview.stdout, /No unregister request was sent\.\n$/);
  assert.match((await control('unregister', 'other.db')).stdout, /^status: unregistered\n/);
  const restored = await litestream(['restore', '-o', 'restored.db', url], { cwd });
  assert.equal(restored.code, 0, restored.stderr);
  assert.equal(await daemon.stop(), 0);
  assert.equal(existsSync(join(cwd, 's.sock')), false);
});

test('the commands for a running process say what is wrong and what to do', async (t) => {
  const { cwd, control, daemon } = await running(t);
  const failed = async (...args: string[]) => {
    const { code, stdout, stderr } = await control(...args);
    assert.equal(stdout, '');
    return `${code} ${stderr.replaceAll(cwd, '.')}`;
  };
  assert.match(await failed('sync'), /^2 Error: Cannot run sync: the path of a database is missing\nHint: /);
  assert.match(await failed('register', 'x.db'), /^2 Error: Cannot register \.\/x\.db: -replica is missing\nHint: /);
  assert.match(await failed('register', '-replica', 'what://x', 'x.db'), /^1 Error: .*what:/);
  assert.match(await failed('sync', 'none.db'), /^1 Error: database not found: \.\/none\.db\nHint: litestream list /);
  assert.match(await failed('info', '-timeout', '0'), /^2 Error: .*-timeout/);
  assert.match(
    await failed('register', '-replica', `file://${cwd}/replica`, 'x.db'),
    /^1 Error: Cannot replicate .*both would use the replica/,
  );
  const second = new Daemon(t, ['-config', 'c.yml'], cwd);
  assert.equal(await second.exit(), 1);
  assert.match(
    second.lines.join('\n'),
    /Error: Cannot listen on the control socket .*: another process listens there\nHint: /,
  );
  daemon.signal('SIGKILL');
  await daemon.exit();
  assert.match(
    await failed('list'),
    /^1 Error: Cannot reach the running process at s\.sock: nobody listens there\nHint: /,
  );
  const nowhere = await litestream(['list', '-socket', 'none.sock'], { cwd });
  assert.match(nowhere.stderr, /^Error: Cannot reach the running process at none\.sock: there is no such socket\n/);
  const next = new Daemon(t, ['-config', 'c.yml'], cwd);
  await next.line(/control socket listening/);
  assert.equal((await control('list')).code, 0);
});

test('a process that cannot serve its metrics says so, takes its socket away and ends', async (t) => {
  const { cwd } = await running(t);
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(cwd, 'o.yml'), `socket: {enabled: true, path: ${cwd}/o.sock}\naddr: 127.0.0.1:${port}\n`);
  const daemon = new Daemon(t, ['-config', 'o.yml'], cwd);
  assert.equal(await daemon.exit(), 1);
  assert.match(
    daemon.lines.join('\n'),
    new RegExp(`Error: Cannot serve metrics at addr 127.0.0.1:${port}: .*\nHint: `),
  );
  assert.equal(existsSync(join(cwd, 'o.sock')), false);
});
