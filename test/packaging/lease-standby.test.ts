import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';
import { S3Server } from '../support/s3-server.ts';
import { type Container, read, statefulSet } from './examples.ts';

const overlay = 'examples/kubernetes/overlays/lease-standby';
const sidecar = statefulSet('overlays/lease-standby').spec.template.spec.initContainers.find(
  ({ name }) => name === 'litestream',
)!;

/** The sidecar of one pod with the overlay's config file, and the probes of its manifest. */
async function pod(t: TestContext, server: S3Server, name: string) {
  const cwd = temporaryFolder(t);
  const addr = `127.0.0.1:${await freePort()}`;
  const socket = join(cwd, 's.sock');
  const path = join(cwd, 'app.db');
  const config = read(`${overlay}/litestream.yml`)
    .replace('":9090"', addr)
    .replace('/run/litestream/litestream.sock', socket)
    .replace('/data/app.db', path)
    .replace('ttl: 30s', 'ttl: 3s')
    .replace('s3://my-backups/app', server.url('app'))
    .replace('region: eu-central-1', '');
  writeFileSync(join(cwd, 'litestream.yml'), config);
  const env = { ...server.environment, POD_NAME: name };
  const daemon = new Daemon(t, ['-config', 'litestream.yml'], cwd, env);
  const probe = async ({ exec }: NonNullable<Container['readinessProbe']>) => {
    const [, script, ...words] = exec!.command;
    const file = join(projectRoot, overlay, script!.replace('/etc/litestream/', ''));
    const child = spawn(process.execPath, [file, ...words, addr, socket], { stdio: 'ignore' });
    const [code] = await once(child, 'close');
    return code === 0;
  };
  const ship = async () => {
    const { code, stderr } = await litestream(['sync', '-wait', '-socket', socket, path]);
    assert.equal(code, 0, stderr);
  };
  return {
    path,
    daemon,
    ship,
    mayStart: () => probe(sidecar.startupProbe!),
    isReady: () => probe(sidecar.readinessProbe!),
  };
}

test('of two pods one may start its application and gets traffic; the other one does when the first is gone', {
  timeout: 60_000,
}, async (t) => {
  const server = await S3Server.start();
  t.after(() => server[Symbol.asyncDispose]());
  const first = await pod(t, server, 'app-0');
  await until('the first pod may start, without a backup', first.mayStart, { timeoutMs: 30_000 });
  const second = await pod(t, server, 'app-1');
  await second.daemon.line(/held by another process/);
  assert.deepEqual([await second.mayStart(), await second.isReady(), await first.isReady()], [false, false, true]);

  const application = new Application(first.path);
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (7)');
  await first.ship();
  // As a pod whose node hangs: it is followed after ttl and margin, and is out of the service before that.
  await application.kill();
  first.daemon.signal('SIGSTOP');
  await until('the second pod may start', second.mayStart, { timeoutMs: 30_000 });
  assert.equal(await second.isReady(), true);
  const restored = new Application(second.path);
  t.after(() => restored.kill());
  assert.deepEqual(await restored.run('select x from t'), [[7]]);
  first.daemon.signal('SIGCONT');
  await first.daemon.line(/lease lost/);
  assert.deepEqual([await first.isReady(), await first.mayStart()], [false, false]);
});
