import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { ServiceManager } from '../../cmd/service-manager.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { recordingLogger } from '../service/recording-logger.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';

const listener = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, 1024)
    for level, kind, content in ancillary:  # descriptors by which systemd-notify waits to be heard
        if kind == socket.SCM_RIGHTS:
            for at in range(0, len(content), 4):
                os.close(int.from_bytes(content[at:at + 4], sys.byteorder))
    for line in data.decode().split("\\n"):
        print(line, flush=True)
`;

const isMissing = spawnSync('systemd-notify', ['--version']).error !== undefined;
const options = { skip: isMissing && 'there is no systemd-notify here' };

/** A service manager's end of the socket. */
async function manager(t: TestContext) {
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'notify.sock');
  const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const heard: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => heard.push(line));
  await once(child.stdout, 'data');
  return { cwd, path, heard };
}

test('replicate tells systemd when it is ready, that it lives, and that it stops', options, async (t) => {
  const { cwd, path, heard } = await manager(t);
  const application = new Application(join(cwd, 'app.db'));
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)');
  const daemon = new Daemon(t, ['app.db'], cwd, { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' });
  await until('it is ready', () => heard.includes('READY=1'));
  await until('it lives', () => heard.filter((line) => line === 'WATCHDOG=1').length >= 3);
  assert.equal(await daemon.stop(), 0);
  await until('it stops', () => heard.includes('STOPPING=1'));
  assert.ok(heard.indexOf('READY=1') < heard.indexOf('STOPPING=1'));
  assert.doesNotMatch(daemon.lines.join('\n'), /systemd/);
});

test('ServiceManager is silent where nobody asks, and for the watchdog of another process', options, async (t) => {
  const { path, heard } = await manager(t);
  new ServiceManager({}, process.pid, { logger: silentLogger }).ready();
  const other = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '10000', WATCHDOG_PID: String(process.pid + 1) };
  const notOurs = new ServiceManager(other, process.pid, { logger: silentLogger });
  t.after(() => notOurs.close());
  process.env.NOTIFY_SOCKET = path;
  t.after(() => {
    delete process.env.NOTIFY_SOCKET;
  });
  notOurs.ready();
  await until('the second is ready', () => heard.includes('READY=1'));
  assert.deepEqual(
    heard.filter((line) => line === 'WATCHDOG=1'),
    [],
  );
  assert.equal(heard.filter((line) => line === 'READY=1').length, 1);
});

test('ServiceManager says once that systemd cannot be told', options, async (t) => {
  const { logger, lines } = recordingLogger();
  process.env.NOTIFY_SOCKET = join(temporaryFolder(t), 'none.sock');
  t.after(() => {
    delete process.env.NOTIFY_SOCKET;
  });
  const manager = new ServiceManager({ NOTIFY_SOCKET: process.env.NOTIFY_SOCKET }, process.pid, { logger });
  manager.ready();
  await until('it is said', () => lines.length > 0);
  manager.stopping();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]!.fields.hint), /NotifyAccess=all/);
});
