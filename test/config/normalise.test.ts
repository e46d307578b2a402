import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { databaseIn } from '../../src/config/directory-databases.ts';
import { type NormaliseContext, normalise } from '../../src/config/normalise.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { S3Location } from '../../src/replica/s3/s3-location.ts';

const context: NormaliseContext = { workingDirectory: '/work', homeDirectory: '/home/me', processorCount: 4 };
const read = (text: string, changes: Partial<NormaliseContext> = {}) =>
  normalise(parseConfig(text, 'x.yml'), { ...context, ...changes });

test('normalise fills in the defaults', () => {
  assert.deepEqual(read('dbs: [{path: /data/app.db, replica: {path: /backup}}]'), {
    databases: [
      {
        path: '/data/app.db',
        metaPath: '/data/.app.db-litestream',
        monitorIntervalMs: 1000,
        checkpointIntervalMs: 60_000,
        minCheckpointPageCount: 1000,
        truncatePageCount: 121_359,
        maxSyncWalBytes: 67_108_864,
        restoreIfDbNotExists: false,
        switchToWal: true,
        lease: { mode: 'auto', ttlMs: 30_000, owner: undefined },
        levels: {
          intervalsMs: [30_000, 300_000, 3_600_000],
          snapshotIntervalMs: 86_400_000,
          snapshotRetentionMs: 86_400_000,
          syncRetentionMs: 300_000,
          syncRetentionCheckMs: 15_000,
          isRetentionEnabled: true,
          verifyCompaction: false,
        },
        replicas: [
          {
            name: 'file',
            location: { type: 'file', path: '/backup' },
            url: 'file:///backup',
            syncIntervalMs: 1000,
            autoRecover: false,
          },
        ],
      },
    ],
    directories: [],
    exec: undefined,
    socket: undefined,
    metricsAddress: undefined,
    readyMaxLagMs: 60_000,
    dashboard: undefined,
    mcp: undefined,
    heartbeat: undefined,
    logging: { level: 'info', type: 'text', stream: 'stderr', source: false },
    shutdownSyncTimeoutMs: 30_000,
    shutdownSyncIntervalMs: 500,
    workers: 3,
    storeCallsPerSecond: 30,
    parkAfterMs: 0,
    databasesAtOnce: 16,
  });
  assert.equal(read('', { processorCount: 1 }).workers, 1);
});

test('normalise takes levels and retention, and a snapshot of its own for each database', () => {
  const { databases } = read(`levels: [{interval: 1s}, {interval: 3s}]
snapshot: {interval: 1h, retention: 48h}
l0-retention: 0s
l0-retention-check-interval: 1s
retention: {enabled: false}
verify-compaction: true
dbs:
    - {path: /a.db, replica: {path: /a}}
    - {path: /b.db, snapshot: {retention: 72h}, replica: {path: /b}}`);
  const common = {
    intervalsMs: [1000, 3000],
    snapshotIntervalMs: 3_600_000,
    syncRetentionMs: 0,
    syncRetentionCheckMs: 1000,
    isRetentionEnabled: false,
    verifyCompaction: true,
  };
  assert.deepEqual(
    databases.map(({ levels }) => levels),
    [
      { ...common, snapshotRetentionMs: 48 * 3_600_000 },
      { ...common, snapshotRetentionMs: 72 * 3_600_000 },
    ],
  );
  assert.deepEqual(read('levels: []\ndbs: [{path: /a.db, replica: {path: /a}}]').databases[0]?.levels.intervalsMs, []);
});

test('normalise makes paths absolute', () => {
  const { databases } = read(`dbs:
    - {path: a.db, meta-path: ~/meta, replica: {path: b}}
    - {path: ~/c.db, replica: {path: ~/d e}}
    - {path: "sqlite:///data/e.db", replica: {url: "file:///f/../g"}}`);
  assert.deepEqual(
    databases.map(({ path, metaPath, replicas }) => [path, metaPath, replicas[0]?.location.path, replicas[0]?.url]),
    [
      ['/work/a.db', '/home/me/meta', '/work/b', 'file:///work/b'],
      ['/home/me/c.db', '/home/me/.c.db-litestream', '/home/me/d e', 'file:///home/me/d e'],
      ['/data/e.db', '/data/.e.db-litestream', '/g', 'file:///g'],
    ],
  );
  assert.throws(
    () => read('dbs: [{path: ~/a.db, replica: {path: b}}]', { homeDirectory: undefined }),
    /no home directory/,
  );
});

test('normalise hands defaults at the top down, which entries overrule', () => {
  const { databases } = read(`sync-interval: 5s\nauto-recover: true\nswitch-to-wal: false\ndbs:
    - {path: /a.db, replicas: [{path: /a}, {path: /a2, sync-interval: 7s, auto-recover: false}]}
    - {path: /b.db, switch-to-wal: true, replica: {path: /b, name: main}}`);
  assert.deepEqual(
    databases.map(({ switchToWal, replicas }) => [
      switchToWal,
      replicas.map((one) => `${one.name} ${one.syncIntervalMs} ${one.autoRecover}`),
    ]),
    [
      [false, ['file 5000 true', 'file-2 7000 false']],
      [true, ['main 5000 true']],
    ],
  );
});

test('normalise keeps directories for a later scan', () => {
  const { directories } = read(
    'dbs: [{dir: data, pattern: "*.db", watch: true, meta-dir: /meta, replica: {path: /backup}}]',
  );
  assert.equal(directories.length, 1);
  const [{ directory, pattern, recursive, watch, meta, replicas } = assert.fail()] = directories;
  assert.deepEqual(
    { directory, pattern, recursive, watch, meta, replica: replicas?.[0]?.location.path },
    {
      directory: '/work/data',
      pattern: '*.db',
      recursive: false,
      watch: true,
      meta: { kind: 'meta-dir', base: '/meta' },
      replica: '/backup',
    },
  );
});

test('normalise names both databases that collide', () => {
  const conflict = (text: string, message: RegExp) =>
    assert.throws(
      () => read(text),
      (error) => error instanceof ConfigError && error.code === 'conflict' && message.test(error.message),
    );
  conflict(
    'dbs: [{path: /a, replica: {path: /x}}, {path: /b, replica: {path: /x/}}]',
    /\/a and \/b: both .* replica file:\/\/\/x$/,
  );
  conflict('dbs: [{path: /a, replica: {path: /x}}, {path: /./a, replica: {path: /y}}]', /\/a: it is listed twice/);
  conflict(
    'dbs: [{path: /a, meta-path: /m, replica: {path: /x}}, {path: /b, meta-path: /m, replica: {path: /y}}]',
    /\/a and \/b: both would use the meta path \/m$/,
  );
  conflict('dbs: [{path: /a, replicas: [{path: /x}, {path: /x}]}]', /\/a: two of its replicas are file:\/\/\/x$/);
  conflict(
    'dbs: [{path: /a, replicas: [{path: /x, name: n}, {path: /y, name: n}]}]',
    /two of its replicas are named n/,
  );
});

test('normalise lets LOG_LEVEL go before the file and maps what Litestream has more', () => {
  assert.equal(read('logging: {level: error}', { logLevel: 'DEBUG' }).logging.level, 'debug');
  assert.equal(read('logging: {level: warning}', { logLevel: '' }).logging.level, 'warn');
  assert.equal(read('logging: {level: trace}').logging.level, 'debug');
  assert.deepEqual(read('logging: {type: pretty, stderr: false}').logging, {
    level: 'info',
    type: 'text',
    stream: 'stdout',
    source: false,
  });
});

test('normalise takes leases for all databases, and others for one', () => {
  const { databases } = read(`lease: {enabled: true, ttl: 10s, owner: me}
dbs:
    - {path: /a.db, replica: {path: /a}}
    - {path: /b.db, lease: {enabled: false}, replica: {path: /b}}`);
  assert.deepEqual(databases[0]?.lease, { mode: 'on', ttlMs: 10_000, owner: 'me' });
  assert.deepEqual(databases[1]?.lease, { mode: 'off', ttlMs: 10_000, owner: 'me' });
  assert.throws(() => read('lease: {ttl: 2s}'), /lease\.ttl .*at least 3s/);
});

test('normalise gives S3 replicas what stands at the top, beside them and in their URL', () => {
  const { databases, directories } = read(`access-key-id: top
secret-access-key: top-secret
region: eu-west-3
bucket: shared
dbs:
  - path: /a.db
    replicas:
      - {type: s3, path: apps/a}
      - {type: s3, path: /as/written/, bucket: own, access-key-id: me, secret-access-key: mine, part-size: 8MiB}
      - {url: "s3://b/c?endpoint=https://x.example&region=r", force-path-style: false, sse-customer-key-path: ~/key}
      - {path: /backup}
  - {dir: /data, pattern: "*.db", recursive: true, replica: {url: "s3://b/all"}}`);
  const locations = databases[0]!.replicas.map(({ location }) => location);
  assert.deepEqual(
    databases[0]!.replicas.map(({ name, url }) => [name, url]),
    [
      ['s3', 's3://shared/apps/a'],
      ['s3-2', 's3://own//as/written'],
      ['s3-3', 's3://b/c?endpoint=https://x.example'],
      ['file', 'file:///backup'],
    ],
  );
  const [first, second, third] = locations as S3Location[];
  assert.deepEqual(first?.credentials, { accessKeyId: 'top', secretAccessKey: 'top-secret' });
  assert.deepEqual(second?.credentials, { accessKeyId: 'me', secretAccessKey: 'mine' });
  assert.deepEqual([second?.partSizeBytes, second?.path], [8 << 20, '/as/written']);
  assert.deepEqual([third?.region, third?.forcePathStyle], ['eu-west-3', false]);
  assert.deepEqual(third?.encryption, { kind: 'customer-key-file', path: '/home/me/key' });
  const [directory = assert.fail()] = directories;
  assert.equal(databaseIn(directory, '/data/x/y.db').replicas[0]?.url, 's3://b/all/x/y.db');
  assert.deepEqual(structuredClone(databases), databases);
});

test('normalise refuses S3 replicas that name no bucket, half of their credentials, or one place twice', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(
      () => read(text),
      (error) => error instanceof ConfigError && message.test(error.message) && !/hunter2/.test(error.message),
    );
  refused('dbs: [{path: /a, replica: {type: s3, path: x}}]', /it names no bucket/);
  refused('dbs: [{path: /a, replica: {type: s3, bucket: b, access-key-id: hunter2}}]', /secret-access-key is missing/);
  refused('dbs: [{path: /a, replica: {type: s3, bucket: b, sse-customer-key: hunter2}}]', /32 bytes in Base64/);
  refused(
    'dbs: [{path: /a, replica: {url: "s3://b/x"}}, {path: /c, replica: {type: s3, bucket: b, path: x}}]',
    /both would use the replica s3:\/\/b\/x$/,
  );
});

test('normalise takes the ceiling on store calls from the file', () => {
  assert.equal(read('store-calls-per-second: 5').storeCallsPerSecond, 5);
  assert.equal(read('store-calls-per-second: 0').storeCallsPerSecond, 0);
});

test('normalise takes the time after which databases are parked from the file', () => {
  assert.equal(read('park-after: 10m').parkAfterMs, 600_000);
  assert.equal(read('park-after: 0s').parkAfterMs, 0);
  assert.equal(read('databases-at-once: 3').databasesAtOnce, 3);
});

test('normalise makes a control socket of what is switched on, and none of what is not', () => {
  assert.deepEqual(read('socket: {enabled: true}').socket, { path: '/var/run/litestream.sock', permissions: 0o600 });
  const own = 'socket: {enabled: true, path: ~/run/s.sock, permissions: 0660}';
  assert.deepEqual(read(own).socket, { path: '/home/me/run/s.sock', permissions: 0o660 });
  assert.equal(read('socket: {path: /run/s.sock}').socket, undefined);
});

test('normalise reads where metrics are served, and who is told that all is well', () => {
  const addresses = [
    ['":9090"', { host: undefined, port: 9090 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['"[::1]:9090"', { host: '::1', port: 9090 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
  ] as const;
  for (const [text, address] of addresses) assert.deepEqual(read(`addr: ${text}`).metricsAddress, address);
  for (const text of ['9090', 'host', '":99999"', '"::1:80"', 'host:'])
    assert.throws(() => read(`addr: ${text}`), ConfigError);
  const { heartbeat, readyMaxLagMs } = read('heartbeat-url: https://x/y\nheartbeat-interval: 2m\nready-max-lag: 10s');
  assert.deepEqual([heartbeat, readyMaxLagMs], [{ url: 'https://x/y', intervalMs: 120_000 }, 10_000]);
  assert.throws(() => read('heartbeat-url: ftp://x'), ConfigError);
});
