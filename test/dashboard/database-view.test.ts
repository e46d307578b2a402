import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseView } from '../../src/dashboard/database-view.ts';
import { evenly, FileTimes } from '../../src/dashboard/file-times.ts';
import { restoreCommand } from '../../src/dashboard/restore-command.ts';
import { SampleHistory, sampleCount } from '../../src/dashboard/sample-history.ts';
import { sideFileName, sideFilePath } from '../../src/dashboard/side-file.ts';
import type { DatabaseStatus, ReplicaStatus } from '../../src/engine/replicator/database-status.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';

const nowMs = 1_000_000;

function status(changes: Partial<DatabaseStatus> = {}, replica: Partial<ReplicaStatus> = {}): DatabaseStatus {
  const nothing = { timestampMs: undefined, behindSinceMs: undefined, error: undefined, compactionError: undefined };
  const care = { verifyErrorCount: 0, verifiedAtMs: undefined, syncFiles: undefined };
  return {
    ...{ path: '/app.db', state: 'replicating', txid: toTxid(26n), timestampMs: 5, idle: true, readerInTheWay: false },
    error: undefined,
    replicas: [{ name: 's3', url: 's3://b', state: 'current', txid: toTxid(26n), ...nothing, ...care, ...replica }],
    ...changes,
  };
}

function health(changes: Partial<DatabaseStatus> = {}, replica: Partial<ReplicaStatus> = {}) {
  const view = databaseView(status(changes, replica), undefined, { maxLagMs: 60_000, nowMs });
  return [view.health, view.reason];
}

test('databaseView calls well what is shipped, or replicated by another host', () => {
  assert.deepEqual(health(), ['ok', undefined]);
  assert.deepEqual(health({}, { behindSinceMs: nowMs - 59_000 }), ['ok', undefined]);
  assert.deepEqual(health({ state: 'parked' }), ['ok', undefined]);
  assert.equal(health({ state: 'standby' })[0], 'ok');
});

test('databaseView calls trouble what fails, is late or lost its lease, and says why', () => {
  assert.deepEqual(health({ state: 'failed', error: 'torn' }), ['trouble', 'torn']);
  assert.deepEqual(health({}, { error: 'no space' }), ['trouble', 'replica s3: no space']);
  assert.deepEqual(health({}, { compactionError: 'bad file' }), ['trouble', 'replica s3: bad file']);
  assert.deepEqual(health({}, { behindSinceMs: nowMs - 61_000 }), ['trouble', 'replica s3 is behind']);
  const lapsed = { kind: 'lapsed', epoch: 3, owner: 'a', error: 'timeout' } as const;
  assert.deepEqual(health({ lease: lapsed }), ['trouble', 'not renewed in time: timeout']);
});

test('databaseView calls waiting what may come right by itself', () => {
  for (const changes of [
    { state: 'waiting' },
    { state: 'attaching' },
    { state: 'stopped' },
    { readerInTheWay: true },
  ] as const)
    assert.equal(health(changes)[0], 'waiting', JSON.stringify(changes));
  const holder = { owner: 'host-b', hostname: undefined, untilMs: 0 };
  assert.deepEqual(health({ lease: { kind: 'standby', holder } }), ['waiting', 'its lease is held by host-b']);
});

test('databaseView says who has the lease', () => {
  const holder = { owner: 'host-b:17', hostname: 'host-b', untilMs: 0 };
  const lease = (of: DatabaseStatus['lease']) =>
    databaseView(status({ lease: of }), undefined, { maxLagMs: 1, nowMs }).lease;
  assert.equal(lease(undefined), undefined);
  assert.equal(lease({ kind: 'held', epoch: 4, owner: 'me', deadlineMs: 0 }), 'this process, epoch 4');
  assert.equal(lease({ kind: 'standby', holder }), 'host-b:17');
  assert.equal(lease({ kind: 'standby', holder: { ...holder, owner: 'blue' } }), 'blue on host-b');
  assert.equal(lease({ kind: 'standby', holder: undefined }), 'nobody');
});

test('SampleHistory keeps ten minutes of rates, also over a process that began anew', () => {
  const history = new SampleHistory();
  const add = (walBytes: number, lagSeconds = 0) => history.add(new Map([['/a', { walBytes, lagSeconds }]]), 5);
  assert.deepEqual(add(1_000), {}, 'what was written before the first sample is not a rate');
  assert.deepEqual(history.all(), {});
  assert.deepEqual(add(2_000, 1.26), { '/a': [200, 1.26] });
  assert.deepEqual(add(500), { '/a': [100, 0] });
  const { writeRates, lagSeconds } = history.all()['/a']!;
  assert.deepEqual(
    [writeRates.length, writeRates.slice(-3), lagSeconds.slice(-3)],
    [sampleCount, [0, 200, 100], [0, 1.3, 0]],
  );
  history.add(new Map(), 5);
  assert.deepEqual(history.all(), {});
});

test('FileTimes gives known times as they are and spreads those between', () => {
  const times = new FileTimes([
    { txid: toTxid(10n), timeMs: 2_000 },
    { txid: toTxid(2n), timeMs: 1_000 },
  ]);
  assert.deepEqual(
    [1n, 2n, 6n, 10n, 11n].map((txid) => times.at(toTxid(txid))),
    [1_000, 1_000, 1_500, 2_000, 2_000],
  );
  assert.equal(new FileTimes([]).at(toTxid(1n)), undefined);
  assert.deepEqual(evenly([1, 2, 3, 4, 5, 6, 7, 8, 9], 3), [1, 5, 9]);
  assert.deepEqual(evenly([1, 2], 3), [1, 2]);
});

test('a side file lies beside its database, under a name that no glob for databases finds', () => {
  const name = sideFileName('/data/app.db', Date.UTC(2026, 10, 28, 15, 4, 5, 678));
  assert.equal(name, 'app.db.restored-20261128T150405Z');
  assert.equal(sideFilePath('/data/app.db', name), `/data/${name}`);
  for (const wrong of [
    '',
    '.',
    '..',
    'a/b',
    '../x',
    'a\\b',
    'a\u0000b',
    'app.db',
    'app.db-wal',
    'x.tmp',
    'y'.repeat(201),
  ])
    assert.throws(() => sideFilePath('/data/app.db', wrong), /^DashboardError: Cannot restore to/);
});

test('restoreCommand is what a shell runs, by the config file or by the URL', () => {
  const replica = { name: 's3', url: "s3://b/it's" } as never;
  const place = { replica, txid: '00000000000000ab', outputPath: '/data/a b' };
  const database = { path: '/data/app.db', replicas: [replica, replica] } as never;
  assert.equal(
    restoreCommand({ ...place, database, configPath: '/etc/l.yml' }),
    "litestream restore -txid 00000000000000ab -o '/data/a b' -config /etc/l.yml -replica s3 /data/app.db",
  );
  assert.equal(
    restoreCommand({ ...place, database, configPath: undefined }),
    "litestream restore -txid 00000000000000ab -o '/data/a b' 's3://b/it'\\''s'",
  );
});
