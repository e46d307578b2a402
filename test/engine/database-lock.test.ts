import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseLock } from '../../src/engine/database-lock.ts';
import { RunningLitestreams } from '../../src/engine/running-litestreams.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const holdLock = fileURLToPath(new URL('./hold-lock.js', import.meta.url));
const services = { logger: silentLogger };
const litestreams = new RunningLitestreams({ clock: systemClock });

function fixture(t: TestContext): { databasePath: string; meta: string; defaultMeta: string } {
  const directory = mkdtempSync(join(tmpdir(), 'lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const databasePath = join(directory, 'app.db');
  writeFileSync(databasePath, 'bytes');
  return { databasePath, meta: join(directory, 'state', 'app'), defaultMeta: join(directory, '.app.db-litestream') };
}

/** Another process that tries for the lock: what it says, and the process. */
async function holder(t: TestContext, ...paths: string[]) {
  const child = spawn(process.execPath, [holdLock, ...paths], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => end(child, 'SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    child,
    pid: child.pid,
    answer: JSON.parse(line.toString()) as { code: string; message: string; hint?: string },
  };
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (signal === undefined) child.stdin!.end();
  else child.kill(signal);
  await exit;
}

test('DatabaseLock.acquire refuses a second process and names the first', async (t) => {
  const { databasePath, meta } = fixture(t);
  const first = await holder(t, databasePath, meta);
  assert.equal(first.answer.code, 'none');
  assert.equal(statSync(meta).mode & 0o777, 0o700);
  const owner = JSON.parse(readFileSync(join(meta, 'lock-owner.json'), 'utf8'));
  assert.deepEqual([owner.pid, owner.hostname], [first.pid, hostname()]);
  const { answer } = await holder(t, databasePath, meta);
  assert.equal(answer.code, 'in-use');
  const state = `process ${first.pid} on ${hostname()}, started ${owner.startedAt}, holds ${join(meta, 'lock.db')}`;
  assert.equal(answer.message, `Cannot replicate database ${databasePath}: ${state}`);
  assert.match(answer.hint ?? '', /stop that process/);
  await end(first.child);
  assert.equal(existsSync(join(meta, 'lock-owner.json')), false);
  assert.equal((await holder(t, databasePath, meta)).answer.code, 'none');
});

test('DatabaseLock is released by the kernel when its process is killed', async (t) => {
  const { databasePath, meta } = fixture(t);
  const first = await holder(t, databasePath, meta);
  await end(first.child, 'SIGKILL');
  assert.equal(existsSync(join(meta, 'lock-owner.json')), true);
  const second = await holder(t, databasePath, meta);
  assert.equal(second.answer.code, 'none');
  assert.equal(JSON.parse(readFileSync(join(meta, 'lock-owner.json'), 'utf8')).pid, second.pid);
});

test('DatabaseLock.acquire believes the kernel before lock-owner.json, and does without one', async (t) => {
  const { databasePath, meta } = fixture(t);
  const first = await holder(t, databasePath, meta);
  for (const text of ['{"pid":1,"hostname":"elsewhere","startedAt":"1970-01-01"}', '{"pid', undefined]) {
    if (text === undefined) rmSync(join(meta, 'lock-owner.json'));
    else writeFileSync(join(meta, 'lock-owner.json'), text);
    const { answer } = await holder(t, databasePath, meta);
    assert.equal(answer.code, 'in-use');
    assert.match(answer.message, new RegExp(`: process ${first.pid} holds `));
  }
});

test('DatabaseLock.acquire locks the default meta directory too, when it exists', async (t) => {
  const { databasePath, meta, defaultMeta } = fixture(t);
  const first = await DatabaseLock.acquire({ databasePath, metaPaths: [meta, defaultMeta] }, services);
  assert.equal(existsSync(defaultMeta), false);
  await first.release();
  mkdirSync(defaultMeta);
  const other = await holder(t, databasePath, defaultMeta);
  assert.equal(other.answer.code, 'none');
  const refused = { name: 'EngineError', code: 'in-use', message: new RegExp(`process ${other.pid} `) };
  await assert.rejects(DatabaseLock.acquire({ databasePath, metaPaths: [meta, defaultMeta] }, services), refused);
  assert.equal((await holder(t, databasePath, meta)).answer.code, 'none', 'a refusal leaves nothing locked');
});

test('DatabaseLock.acquire takes one directory by two names once', async (t) => {
  const { databasePath, meta, defaultMeta } = fixture(t);
  mkdirSync(meta, { recursive: true });
  symlinkSync(meta, defaultMeta);
  const lock = await DatabaseLock.acquire({ databasePath, metaPaths: [meta, defaultMeta] }, services);
  await assert.rejects(DatabaseLock.acquire({ databasePath, metaPaths: [meta] }, services), { code: 'in-use' });
  await Promise.all([lock.release(), lock.release()]);
  const again = await DatabaseLock.acquire({ databasePath, metaPaths: [defaultMeta] }, services);
  await lock.release();
  assert.equal((await holder(t, databasePath, meta)).answer.code, 'in-use', 'the lock of the next one stays');
  await again.release();
});

test('DatabaseLock.acquire refuses a database that a running Litestream has open', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { databasePath, meta } = fixture(t);
  const program = join(databasePath, '..', 'litestream');
  copyFileSync(execFileSync('sh', ['-c', 'command -v tail'], { encoding: 'utf8' }).trim(), program);
  const litestream = spawn(program, ['-f', databasePath], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => end(litestream, 'SIGKILL'));
  await once(litestream.stdout, 'data');
  writeFileSync(`${databasePath}.other`, '');
  assert.equal(await new RunningLitestreams({ clock: systemClock }).holderOf(databasePath), litestream.pid);
  assert.equal(await litestreams.holderOf(`${databasePath}.other`), undefined);
  await assert.rejects(DatabaseLock.acquire({ databasePath, metaPaths: [meta] }, services), {
    name: 'EngineError',
    code: 'in-use',
    message: `Cannot replicate database ${databasePath}: Litestream replicates it as process ${litestream.pid}`,
  });
  await end(litestream, 'SIGKILL');
  await (await DatabaseLock.acquire({ databasePath, metaPaths: [meta] }, services)).release();
});

test('RunningLitestreams passes over a node process by that name', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { databasePath } = fixture(t);
  const code =
    "process.title = 'litestream'; require('fs').openSync(process.argv[1]); console.log(); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ['-e', code, databasePath], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => end(child, 'SIGKILL'));
  await once(child.stdout, 'data');
  await delay(10);
  assert.equal(readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim(), 'litestream');
  assert.equal(await litestreams.holderOf(databasePath), undefined);
});
