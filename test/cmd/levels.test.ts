import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ReplicaFiles } from '../engine/replica-files.ts';
import { litestream } from '../support/litestream-cli.ts';
import { Writer } from '../support/writer.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));
const levelMs = 300;
const config = `
levels: [{interval: ${levelMs}ms}, {interval: 900ms}]
snapshot: {interval: 1500ms, retention: 2s}
l0-retention: 600ms
l0-retention-check-interval: 100ms
verify-compaction: true
dbs:
  - path: app.db
    replica: {path: replica, sync-interval: 20ms}
`;

/** A database whose rows say when they were committed, a config file and the replica that it names. */
class LevelScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'levels-'));
  readonly replica = new ReplicaFiles(join(this.folder, 'replica'), this.folder);
  readonly writer = new Writer(join(this.folder, 'app.db'));

  constructor(t: TestContext) {
    writeFileSync(join(this.folder, 'levels.yml'), config);
    t.after(async () => {
      await this.writer.kill();
      rmSync(this.folder, { recursive: true });
    });
  }

  start(t: TestContext): ChildProcess {
    const args = [entryPath, 'replicate', '-config', 'levels.yml'];
    const child = spawn(process.execPath, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    return child;
  }

  async append(): Promise<void> {
    await this.writer.run(`insert into item (atMs, body) values (${Date.now()}, hex(randomblob(300)))`);
  }

  /** When each row was committed, as a restored state has it; no row before the last one may be missing. */
  async times(target: Parameters<ReplicaFiles['restore']>[0]): Promise<number[]> {
    const path = await this.replica.restore(target);
    const restored = new Writer(path);
    const [[count, last]] = (await restored.run('select count(*), max(id) from item')) as [[number, number]];
    assert.equal(count, last);
    const rows = (await restored.run('select atMs from item order by id')) as [number][];
    await restored.close();
    await restored.kill();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    return rows.map(([atMs]) => atMs);
  }

  ends(level: number): number[] {
    return this.replica.names(level).map((name) => Number.parseInt(name.slice(17, 33), 16));
  }
}

test('replicate fills all levels, deletes what is over, and what is promised restores by TXID and by time', async (t) => {
  const scene = new LevelScene(t);
  await scene.writer.run('create table item (id integer primary key, atMs integer, body)');
  const child = scene.start(t);
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const committed: number[] = [];
  for (const endMs = Date.now() + 5_000; Date.now() < endMs; await delay(30)) {
    await scene.append();
    committed.push(Date.now());
  }
  await delay(100);
  child.kill('SIGTERM');
  await once(child, 'close');
  const nowMs = Date.now();
  assert.doesNotMatch(log, /level=ERROR/, log);
  for (const level of [0, 1, 2, 9]) assert.ok(scene.ends(level).length > 0, `level ${level}`);
  assert.ok(scene.ends(0)[0]! > 20, 'the first level-0 files are gone');
  const base = scene.ends(9)[0]!;
  const boundaries = scene.ends(1).filter((end) => end >= base);
  assert.ok(boundaries.length >= 4, `${boundaries.length} ends of level 1`);
  for (const end of boundaries) await scene.times(end);
  assert.equal((await scene.times({ kind: 'newest' })).length, committed.length);
  const lagMs = 400; // a commit is in a file soon, on a machine that has other work too
  for (let momentMs = nowMs - 1_900; momentMs < nowMs; momentMs += 250) {
    const times = await scene.times({ kind: 'moment', timestampMs: momentMs });
    assert.ok(times.at(-1)! <= momentMs, 'nothing is newer than what was asked for');
    const least = committed.filter((atMs) => atMs < momentMs - levelMs - lagMs).length;
    assert.ok(times.length >= least, `${times.length} rows instead of ${least} at ${nowMs - momentMs} ms ago`);
  }
});

test('replicate -once -force-snapshot -enforce-retention compacts, writes a snapshot and deletes', async (t) => {
  const scene = new LevelScene(t);
  await scene.writer.run('create table item (id integer primary key, atMs integer, body)');
  const run = (...flags: string[]) =>
    litestream(['replicate', '-config', 'levels.yml', '-once', ...flags], { cwd: scene.folder });
  for (let i = 0; i < 4; i++) {
    await scene.append();
    assert.equal((await run()).code, 0);
  }
  assert.deepEqual([scene.ends(0).length, scene.ends(1).length, scene.ends(9).length], [4, 0, 0]);
  const forced = await run('-force-snapshot');
  assert.equal(forced.code, 0, forced.stderr);
  assert.deepEqual([scene.ends(0).length, scene.ends(9)], [4, [4]]);
  await delay(2_100);
  const enforced = await run('-enforce-retention', '-force-snapshot');
  assert.equal(enforced.code, 0, enforced.stderr);
  assert.deepEqual([scene.ends(0), scene.ends(9)], [[4], [4]]);
  assert.equal((await scene.times({ kind: 'newest' })).length, 4);
});
