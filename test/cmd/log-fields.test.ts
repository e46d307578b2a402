import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';
import { FaultServer } from '../support/fault-s3/fault-server.ts';
import { failure } from '../support/fault-s3/memory-s3.ts';

/** What concerns the process, or a store that databases share, and not one of them. */
const ofProcess = [
  /^replicating the databases of a directory$/,
  /^the store keeps the promise of conditional writes$/,
  /^stopping$/,
  /^stopped$/,
];

/** What a life brings to the log of each replica it names. */
const ofReplicas: readonly (readonly [message: RegExp, replica: string])[] = [
  [/^lease acquired$/, 'offsite'],
  [/^replica does not accept files, trying again$/, 'offsite'],
  [/^replica accepts files again$/, 'offsite'],
  [/^compacted$/, 'local'],
  [/^compacted$/, 'offsite'],
  [/^wrote a snapshot$/, 'local'],
  [/^deleted files whose time is over$/, 'local'],
  [/^stopped before everything was shipped/, 'offsite'],
];

const ofDatabase = [/^replicating$/, /^database locked$/, /^read the whole database$/, /^sync$/, /^checkpoint$/];

interface Line {
  readonly msg: string;
  readonly db?: string;
  readonly replica?: string;
}

function linesOf(daemon: Daemon): Line[] {
  return daemon.lines.map((line) => JSON.parse(line) as Line);
}

function isOf({ msg, replica }: Line, message: RegExp, name: string): boolean {
  return message.test(msg) && replica === name;
}

test('every log line names the database it concerns, and the replica', async (t) => {
  await using server = await FaultServer.start();
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'app.db');
  const application = new Application(path, { timeoutMs: 5_000 });
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data/notes.db'), 'no database');
  const offsite = `{name: offsite, url: "s3://bucket/app", endpoint: "${server.endpoint}"}`;
  writeFileSync(
    join(cwd, 'c.yml'),
    `logging: {type: json, level: debug}
access-key-id: a
secret-access-key: s
shutdown-sync-timeout: 1s
levels: [{interval: 1s}]
snapshot: {interval: 2s, retention: 24h}
l0-retention: 1s
l0-retention-check-interval: 1s
dbs:
  - path: ${path}
    min-checkpoint-page-count: 4
    checkpoint-interval: 1s
    replicas: [{name: local, path: ${cwd}/replica}, ${offsite}]
  - {dir: ${cwd}/data, pattern: "*.db", replica: {path: ${cwd}/replicas}}
`,
  );
  const denied = { kind: 'answer', answer: failure(403, 'AccessDenied') } as const;
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  await daemon.line(/lease acquired/);
  server.fail('put', denied, 2);
  await application.run('insert into t values (hex(randomblob(20000)))');
  await daemon.line(/replica does not accept files/);
  await daemon.line(/replica accepts files again/);
  for (const [message, replica] of ofReplicas.slice(0, -1)) {
    await application.run('insert into t values (2)');
    await until(`${message} of ${replica}`, () => linesOf(daemon).some((line) => isOf(line, message, replica)));
  }
  server.fail('put', denied, 1_000);
  await application.run('insert into t values (3)');
  await daemon.stop();

  const lines = linesOf(daemon);
  const passedOver = join(cwd, 'data/notes.db');
  for (const line of lines) {
    if (ofProcess.some((message) => message.test(line.msg))) continue;
    const isPassedOver = line.msg === 'not a SQLite database, passed over';
    assert.equal(line.db, isPassedOver ? passedOver : path, JSON.stringify(line));
    const isOfReplica = /lease|replica |compact|snapshot|time is over|shipped/.test(line.msg);
    if (isOfReplica) assert.ok(['local', 'offsite'].includes(line.replica ?? ''), JSON.stringify(line));
  }
  for (const [message, replica] of ofReplicas)
    assert.ok(
      lines.some((line) => isOf(line, message, replica)),
      `${message} of ${replica}`,
    );
  for (const message of ofDatabase)
    assert.ok(
      lines.some((line) => message.test(line.msg) && line.db === path),
      `${message}`,
    );
  assert.ok(lines.some((line) => line.db === passedOver));
});
