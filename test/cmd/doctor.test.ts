import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../cmd/doctor/finding.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { Application } from '../sqlite/application.ts';
import { litestream } from '../support/litestream-cli.ts';
import { S3Server } from '../support/s3-server.ts';

function found(findings: readonly Finding[], check: string, about: string): Finding | undefined {
  return findings.find((finding) => finding.check === check && finding.about.startsWith(about));
}

test('doctor finds a healthy database healthy, and writes nothing to it', async (t) => {
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'app.db');
  const application = new Application(path);
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)');
  await litestream(['replicate', '-once', 'app.db'], { cwd });
  const { code, stdout, stderr } = await litestream(['doctor', '-json', 'app.db'], { cwd });
  assert.deepEqual([code, stderr], [0, '']);
  const findings = JSON.parse(stdout) as Finding[];
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'failure'),
    [],
  );
  for (const check of ['database', 'journal mode', 'permissions', 'local state', 'other processes']) {
    assert.equal(found(findings, check, path)?.severity, 'ok', check);
  }
  assert.equal(found(findings, 'replica', path)?.severity, 'ok');
  assert.match(found(findings, 'replica', path)!.state, /its newest TXID is 0000000000000001 of 20/);
  const text = await litestream(['doctor', 'app.db'], { cwd });
  assert.match(text.stdout, /^this machine\n {2}(ok|warning|note) {2,}file descriptors /);
  assert.equal(text.stdout.includes('\u001b'), false);
});

test('doctor names what is wrong, with its remedy, and exits with 1', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(
    join(cwd, 'text.db'),
    'this is no database at all, but it is long enough to be taken for a file. '.repeat(4),
  );
  const rollback = new Application(join(cwd, 'rollback.db'));
  t.after(() => rollback.kill());
  await rollback.run('create table t (x)');
  writeFileSync(join(cwd, 'file'), '');
  const entry = (name: string, more: string) => `  - {path: ${cwd}/${name}.db, ${more}}\n`;
  writeFileSync(
    join(cwd, 'c.yml'),
    [
      'dbs:\n',
      entry('text', `replica: {path: ${cwd}/replica}`),
      entry('rollback', `switch-to-wal: false, replica: {path: ${cwd}/file/below}`),
      entry('none', `replica: {url: "s3://bucket/path?endpoint=http://127.0.0.1:1"}`),
    ].join(''),
  );
  const { code, stdout } = await litestream(['doctor', '-json', '-config', 'c.yml'], { cwd });
  assert.equal(code, 1);
  const findings = JSON.parse(stdout) as Finding[];
  const at = (check: string, name: string) => found(findings, check, join(cwd, `${name}.db`))!;
  assert.deepEqual([at('database', 'text').severity, at('journal mode', 'rollback').severity], ['failure', 'failure']);
  assert.match(at('journal mode', 'rollback').remedy!, /pragma journal_mode = wal/);
  assert.equal(at('replica', 'rollback').severity, 'failure');
  assert.match(at('replica', 'rollback').state, /a part of its path is a file/);
  assert.equal(at('database', 'none').severity, 'note');
  for (const check of ['replica', 'clock', 'conditional writes'])
    assert.equal(at(check, 'none').severity, 'failure', check);
  for (const { severity, remedy, state } of findings) {
    if (severity === 'warning') assert.ok(remedy !== undefined, state);
  }
});

test('doctor asks an S3 store for the time, for conditional writes and for the lease', {
  timeout: 60_000,
}, async (t) => {
  const server = await S3Server.start();
  t.after(() => server[Symbol.asyncDispose]());
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'app.db');
  const application = new Application(path);
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)');
  writeFileSync(join(cwd, 'c.yml'), `dbs: [{path: ${path}, replica: {url: "${server.url('app')}"}}]\n`);
  const env = server.environment;
  const { code, stdout } = await litestream(['doctor', '-json', '-config', 'c.yml'], { cwd, env });
  assert.equal(code, 0, stdout);
  const findings = JSON.parse(stdout) as Finding[];
  for (const check of ['clock', 'conditional writes', 'lease'])
    assert.equal(found(findings, check, path)?.severity, 'ok', check);
  assert.equal(found(findings, 'lease', path)!.state, 'nobody has ever held it');
  await litestream(['replicate', '-once', '-config', 'c.yml'], { cwd, env });
  const after = JSON.parse(
    (await litestream(['doctor', '-json', '-config', 'c.yml'], { cwd, env })).stdout,
  ) as Finding[];
  assert.match(found(after, 'lease', path)!.state, /^it is free, epoch 1$/);
});

test('doctor tells by how much the clocks of a store and of this machine differ', async (t) => {
  const cwd = temporaryFolder(t);
  const server = createServer((_, response) => {
    response.sendDate = false;
    response.writeHead(403, { date: new Date(Date.now() - 3_600_000).toUTCString() }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `s3://bucket/app?endpoint=http://127.0.0.1:${port}`;
  writeFileSync(join(cwd, 'c.yml'), `dbs: [{path: ${cwd}/app.db, replica: {url: "${url}", region: x}}]\n`);
  const env = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  const { stdout } = await litestream(['doctor', '-json', '-config', 'c.yml'], { cwd, env });
  const clock = found(JSON.parse(stdout) as Finding[], 'clock', join(cwd, 'app.db'))!;
  assert.equal(clock.severity, 'failure');
  assert.match(clock.state, /^the clock of this machine is (1h|59m59s) ahead of that of the store$/);
  assert.match(clock.remedy!, /synchronise the clock/);
});
