import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { type NormaliseContext, normalise } from '../../src/config/normalise.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

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
        replicas: [
          { name: 'file', location: { type: 'file', path: '/backup' }, url: 'file:///backup', syncIntervalMs: 1000 },
        ],
      },
    ],
    directories: [],
    exec: undefined,
    logging: { level: 'info', type: 'text', stream: 'stderr', source: false },
    shutdownSyncTimeoutMs: 30_000,
    shutdownSyncIntervalMs: 500,
    workers: 3,
    storeCallsPerSecond: 30,
  });
  assert.equal(read('', { processorCount: 1 }).workers, 1);
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
  const { databases } = read(`sync-interval: 5s\nswitch-to-wal: false\ndbs:
    - {path: /a.db, replicas: [{path: /a}, {path: /a2, sync-interval: 7s}]}
    - {path: /b.db, switch-to-wal: true, replica: {path: /b, name: main}}`);
  assert.deepEqual(
    databases.map(({ switchToWal, replicas }) => [
      switchToWal,
      replicas.map((one) => `${one.name} ${one.syncIntervalMs}`),
    ]),
    [
      [false, ['file 5000', 'file-2 7000']],
      [true, ['main 5000']],
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
