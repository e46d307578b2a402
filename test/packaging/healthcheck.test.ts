import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { replicateCommand } from '../../cmd/replicate.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { Daemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { projectRoot } from '../support/project-root.ts';
import { read } from './examples.ts';

const script = join(projectRoot, 'docker/healthcheck.mjs');
const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

/** What HEALTHCHECK finds of a process that was started so, with this config file if there is one. */
function scene(t: TestContext, args: readonly string[], config?: string) {
  const cwd = temporaryFolder(t);
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'litestream'), `#!/bin/sh\nexec '${process.execPath}' '${entryPath}' "$@"\n`);
  chmodSync(join(bin, 'litestream'), 0o755);
  if (config !== undefined) writeFileSync(join(cwd, 'c.yml'), config.replaceAll('CWD', cwd));
  const daemon = new Daemon(t, args, cwd);
  const health = async (pid = daemon.pid) => {
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const child = spawn(process.execPath, [script, String(pid)], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, said };
  };
  return { cwd, daemon, health };
}

const databases = 'dbs: [{path: CWD/app.db, replica: {path: CWD/replica}}]';

test('healthcheck asks at addr, whatever the words before -config, and tells a process that hangs', async (t) => {
  const port = await freePort();
  const config = `addr: ":${port}"\n${databases}\n`;
  const { daemon, health } = scene(t, ['-log-level', 'info', '--config=c.yml'], config);
  await daemon.line(/serving metrics/);
  assert.deepEqual(await health(), { code: 0, said: `http://127.0.0.1:${port}/healthz answers 200\n` });
  daemon.signal('SIGSTOP');
  const { code, said } = await health();
  assert.equal(code, 1);
  assert.match(said, /does not answer: .*timeout/);
});

test('healthcheck asks at the control socket where there is no addr', async (t) => {
  const config = `socket: {enabled: true, path: "CWD/a socket"}\n${databases}\n`;
  const { daemon, health } = scene(t, ['-config', 'c.yml'], config);
  await daemon.line(/socket/);
  const { code, said } = await health();
  assert.equal(code, 0, said);
  assert.match(said, new RegExp(`^Litestream v.*\n {2}PID: +${daemon.pid}\n`));
  assert.equal(await daemon.stop(), 0);
});

test('healthcheck fails for a config file that cannot be used: the next start would', async (t) => {
  const { cwd, daemon, health } = scene(t, ['-config', 'c.yml'], `${databases}\n`);
  await daemon.line(/replicating/);
  assert.deepEqual(await health(), { code: 0, said: 'it runs; its config file has no addr and no socket\n' });
  writeFileSync(join(cwd, 'c.yml'), 'addrr: 1\n');
  const { code, said } = await health();
  assert.equal(code, 1);
  assert.match(said, /addrr/);
});

test('healthcheck has nothing to ask where databases are named on the command line, and of other commands', async (t) => {
  const { daemon, health } = scene(t, ['-exec', 'sleep 60', 'app.db', 'file:///tmp/none']);
  await daemon.line(/replicating/);
  const said = 'it runs; databases of the command line have no addr and no socket\n';
  assert.deepEqual(await health(), { code: 0, said });
  assert.deepEqual(await health(process.pid), { code: 0, said: 'it runs, and does not replicate\n' });
  assert.equal(await daemon.stop(), 143);
});

test('healthcheck knows the flags of replicate that take a value', () => {
  const flags = Object.entries(replicateCommand.flags).flatMap(([name, { kind }]) => (kind === 'value' ? [name] : []));
  const [, list] = /^const valueFlags = \[(.*)\];$/m.exec(read('docker/healthcheck.mjs'))!;
  assert.deepEqual(list!.replaceAll("'", '').split(', ').sort(), flags.sort());
});
