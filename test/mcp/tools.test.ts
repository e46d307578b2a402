import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import Database from 'better-sqlite3';
import { until } from '../engine/until.ts';
import { litestream } from '../support/litestream-cli.ts';
import { call, McpScene } from './mcp-scene.ts';

const first = '0000000000000001';
const firstFile = `.app.db-litestream/ltx/0/${first}-${first}.ltx`;

test('tools tell of the running process and change nothing unless they may', async (t) => {
  const scene = await McpScene.open(t);
  const client = await scene.client();
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name, annotations }) => [name.replace('litestream_', ''), annotations?.readOnlyHint]),
    ['info', 'databases', 'status', 'ltx', 'version'].map((name) => [name, true]),
  );
  assert.match(client.getInstructions() ?? '', /mcp-allow-changes: true/);

  const [path, url] = [scene.path('app.db'), `file://${scene.path('replica')}`];
  const databases = await call(client, 'databases', { config: 'c.yml' });
  assert.deepEqual(databases.data, {
    databases: [
      {
        path,
        replica: 'file',
        meta_path: scene.path('.app.db-litestream'),
        replicas: [{ name: 'file', type: 'file', url }],
      },
    ],
    total: 1,
  });
  const listed = await litestream(['databases', '-config', 'c.yml'], { cwd: scene.cwd });
  assert.equal(`${databases.text}\n`, listed.stdout);

  const status = await until('that all is shipped', async () => {
    const { data, text } = await call(client, 'status', { path });
    return data.databases[0].replicas[0].lag_seconds === 0 && { data, text };
  });
  const [{ replicas, ...own }] = status.data.databases;
  assert.deepEqual([own.database, own.status, own.local_txid, own.state], [path, 'ok', first, 'replicating']);
  assert.match(own.wal_size, /^\d+(\.\d+)? \w+$/);
  assert.deepEqual([replicas[0].url, replicas[0].replica_txid, replicas[0].state], [url, first, 'current']);
  assert.match(status.text, new RegExp(`^database .*\n${path} +ok +${first} .* replicating +file +${first} +20`));

  for (const word of [path, url]) {
    const ltx = await call(client, 'ltx', { path: word, level: 'all' });
    assert.deepEqual([ltx.data.url, ltx.data.total, ltx.data.files[0].max_txid], [url, 1, first], word);
    const printed = await litestream(['ltx', '-level', 'all', '-config', 'c.yml', 'app.db'], { cwd: scene.cwd });
    assert.equal(`${ltx.text}\n`, printed.stdout);
  }

  const { version } = JSON.parse((await litestream(['version', '-json'], { cwd: scene.cwd })).stdout);
  assert.deepEqual(await call(client, 'version'), { text: version, data: { version }, isError: false });

  const info = await call(client, 'info');
  assert.deepEqual(
    [info.data.pid, info.data.config, info.data.version],
    [scene.daemon.pid, scene.path('c.yml'), version],
  );
  assert.deepEqual(
    info.data.files[0].levels.map(({ level, files, max_txid: txid }: Record<string, unknown>) => [level, files, txid]),
    [[0, 1, first]],
  );
  assert.match(info.text, /^=== Litestream Status Report ===\n\nVersion Information:\nv\d/);

  for (const name of ['restore', 'reset']) {
    const { isError, text } = await call(client, name, { path, o: scene.path('copy.db') });
    assert.ok(isError && /disabled/.test(text), text);
  }
  assert.ok(!existsSync(scene.path('copy.db')) && existsSync(scene.path(firstFile)));
});

test('tools read nothing that is not of the running process', async (t) => {
  const scene = await McpScene.open(t);
  const client = await scene.client();
  writeFileSync(scene.path('other.yml'), 'secret: 1\n');
  const refusals: [name: string, given: object, message: RegExp][] = [
    [
      'databases',
      { config: scene.path('other.yml') },
      /^Cannot use config .*other\.yml: this process runs with .*c\.yml\nHint: /,
    ],
    ['ltx', { path: scene.path('other.db') }, /^Cannot find database .*other\.db: .*\nHint: litestream_databases /],
    ['ltx', { path: 's3://bucket/app?endpoint=http://10.0.0.1' }, /^Cannot read s3:.*: it is no replica of a database/],
    ['ltx', { path: `file://${scene.cwd}` }, /^Cannot read file:.*: it is no replica of a database/],
    ['ltx', { path: 'app.db', replica: 'none' }, /^Cannot find replica none of .*: its replicas are file$/],
    ['status', { path: 'other.db' }, /^Cannot find database /],
    ['ltx', {}, /path/],
    ['ltx', { path: 'app.db', level: '10' }, /level/],
  ];
  for (const [name, given, message] of refusals) {
    const { isError, text } = await call(client, name, given);
    assert.ok(isError, text);
    assert.match(text, message);
  }
});

test('lists are cut, and say so', async (t) => {
  const scene = await McpScene.open(t);
  const client = await scene.client();
  for (const count of [2, 3, 4]) {
    await scene.application.run(`insert into t values (${count})`);
    await until('a file', async () => (await call(client, 'ltx', { path: 'app.db' })).data.total >= count);
  }
  const { data, text } = await call(client, 'ltx', { path: 'app.db', limit: 2 });
  assert.match(text, /^The newest 2 of 4 files:\nlevel /);
  assert.deepEqual(
    data.files.map(({ max_txid: txid }: { max_txid: string }) => Number(txid)),
    [3, 4],
  );
});

test('restore writes a new file and never over one, where changes are allowed', async (t) => {
  const scene = await McpScene.open(t, 'mcp-allow-changes: true');
  const client = await scene.client();
  const { tools } = await client.listTools();
  const hints = tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint]);
  assert.deepEqual(hints.slice(-2), [
    ['litestream_restore', false, false],
    ['litestream_reset', false, true],
  ]);
  await scene.application.run('insert into t values (2)');
  await until('a second file', async () => (await call(client, 'ltx', { path: 'app.db' })).data.total === 2);
  const told: number[] = [];
  await client.callTool(
    { name: 'litestream_restore', arguments: { path: 'app.db', o: scene.path('new.db') } },
    undefined,
    { onprogress: ({ progress, total }) => told.push(progress, total ?? -1) },
  );
  assert.deepEqual(rowsOf(scene.path('new.db')), [1, 2]);
  assert.ok(told.length >= 2 && told[0]! <= told[1]!, `progress: ${told}`);
  const given = { path: 'app.db', o: 'old.db', txid: '1', parallelism: '2' };
  const { data, text } = await call(client, 'restore', given);
  assert.deepEqual([data.outcome, data.db_path, data.txid], ['restored', scene.path('old.db'), first]);
  assert.match(text, /^Restored .*old\.db: TXID 0000000000000001 of 20.*verified by the database checksum$/);
  assert.deepEqual(rowsOf(scene.path('old.db')), [1]);

  const before = readFileSync(scene.path('old.db'));
  for (const output of [{}, { o: 'old.db' }]) {
    const refused = await call(client, 'restore', { path: 'app.db', ...output });
    assert.ok(refused.isError);
    assert.match(refused.text, /^Cannot restore .* exists.*\nHint: give another path as o$/);
  }
  const kept = await call(client, 'restore', { path: 'app.db', o: 'old.db', if_db_not_exists: true });
  assert.equal(kept.data.outcome, 'already-there');
  assert.deepEqual(readFileSync(scene.path('old.db')), before);
  const wrong = [{ txid: '1', timestamp: 'now' }, { txid: 'x' }, { timestamp: 'whenever' }, { parallelism: '0' }];
  for (const target of wrong) {
    const { isError } = await call(client, 'restore', { path: 'app.db', o: 'wrong.db', ...target });
    assert.ok(isError && !existsSync(scene.path('wrong.db')), JSON.stringify(target));
  }
});

test('reset leaves a database that is being replicated alone, and one that was stopped begins anew after it', async (t) => {
  const scene = await McpScene.open(t, `mcp-allow-changes: true\nsocket: {enabled: true, path: ./s.sock}`);
  const client = await scene.client();
  const state = scene.path(firstFile);
  const refused = await call(client, 'reset', { path: 'app.db' });
  assert.match(refused.text, /^Cannot reset .*: it is replicating, and needs its local state to go on\nHint: .* stop /);
  assert.ok(refused.isError && existsSync(state));
  const control = (command: string) => litestream([command, '-socket', 's.sock', 'app.db'], { cwd: scene.cwd });
  assert.equal((await control('stop')).code, 0);
  const { data, text } = await call(client, 'reset', { path: 'app.db' });
  assert.ok(data.removed >= 2 && !existsSync(state));
  assert.match(text, /^Removed the local state of .*app\.db in .*The next replicate starts anew; .*-adopt\.$/);
  assert.equal((await call(client, 'status')).data.databases[0].state, 'stopped');
  assert.match((await call(client, 'reset', { path: 'app.db' })).text, /^No local state of /);
  assert.equal((await control('start')).code, 0);
  await replicating(client);
  await scene.application.run('insert into t values (2)');
  await until('a second file', async () => (await call(client, 'ltx', { path: 'app.db' })).data.total === 2);
  await call(client, 'restore', { path: 'app.db', o: 'copy.db' });
  assert.deepEqual(rowsOf(scene.path('copy.db')), [1, 2]);
});

test('reset lets a database go on whose local state is no good', async (t) => {
  const scene = await McpScene.open(t);
  await scene.daemon.stop();
  const state = scene.path('.app.db-litestream/position.json');
  writeFileSync(state, readFileSync(state, 'utf8').replace('"version":1', '"version":99'));
  const again = await scene.again('mcp-allow-changes: true');
  const client = await again.client();
  await until('that it fails', async () => (await call(client, 'status')).data.databases[0].state === 'failed');
  assert.match((await call(client, 'status')).text, /\n.*app\.db: Cannot use the local state .* version 99/);
  assert.equal((await call(client, 'reset', { path: 'app.db' })).isError, false);
  await replicating(client);
  assert.equal(await again.daemon.stop(), 0);
});

function replicating(client: Client): Promise<unknown> {
  const look = async () => (await call(client, 'status')).data.databases[0].state === 'replicating';
  return until('that it is replicated', look);
}

function rowsOf(path: string): unknown[] {
  const database = new Database(path, { readonly: true });
  const rows = database.prepare('select x from t order by x').pluck().all();
  database.close();
  return rows;
}
