import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, type ConfigProblem } from '../../src/config/config-error.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    parseConfig(text, 'x.yml');
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.data!.problems;
  }
  return [];
}

const database = 'dbs:\n  - path: /app.db\n    replica:\n      path: /backup\n';

test('parseConfig reads every kind of value', () => {
  const file = parseConfig(
    [
      'exec: "sleep 5"',
      'shutdown-sync-timeout: 1m30s',
      'workers: 3',
      'socket: {enabled: no, permissions: 0600}',
      'logging: {level: WARN, type: json, stderr: false, source: on}',
      'dbs:',
      '  - path: 2026',
      '    max-sync-wal-bytes: 64MiB',
      '    truncate-page-n: 0',
      '    restore-if-db-not-exists: true',
      '    replicas: [{url: "file:///a", name: 01, sync-interval: 500ms}, {type: file, path: b}]',
    ].join('\n'),
    'x.yml',
  );
  assert.deepEqual(file, {
    exec: 'sleep 5',
    'shutdown-sync-timeout': 90_000,
    workers: 3,
    socket: { enabled: false, permissions: 0o600 },
    logging: { level: 'warn', type: 'json', stderr: false, source: true },
    dbs: [
      {
        path: '2026',
        'max-sync-wal-bytes': 67_108_864,
        'truncate-page-n': 0,
        'restore-if-db-not-exists': true,
        replicas: [
          { url: 'file:///a', name: '01', 'sync-interval': 500 },
          { type: 'file', path: 'b' },
        ],
      },
    ],
  });
});

test('parseConfig takes empty values and an empty file as nothing said', () => {
  assert.deepEqual(parseConfig('', 'x.yml'), {});
  assert.deepEqual(problemsOf(`exec:\naddr: ""\nheartbeat-url: null\nage: {identities: []}\n${database}`), []);
});

test('parseConfig follows anchors, aliases and merge keys', () => {
  const text =
    'dbs:\n  - &first\n    path: /a\n    replica: &there {path: /b}\n  - <<: *first\n    path: /c\n  - {path: /d, replica: *there}';
  assert.deepEqual(parseConfig(text, 'x.yml').dbs, [
    { path: '/a', replica: { path: '/b' } },
    { path: '/c', replica: { path: '/b' } },
    { path: '/d', replica: { path: '/b' } },
  ]);
});

test('parseConfig names the line, the column and the nearest key of an unknown one, at each level', () => {
  const text =
    'loging: {}\ndbs:\n  - path: /a\n    monitor-intervall: 1s\n    replica:\n      path: /b\n      sync-intervl: 1s\n';
  assert.deepEqual(
    problemsOf(text).map(({ line, column, key, message }) => [line, column, key, message]),
    [
      [1, 1, 'loging', 'is an unknown key, did you mean logging'],
      [4, 5, 'dbs[0].monitor-intervall', 'is an unknown key, did you mean monitor-interval'],
      [7, 7, 'dbs[0].replica.sync-intervl', 'is an unknown key, did you mean sync-interval'],
    ],
  );
  assert.deepEqual(
    problemsOf(`${database}    replcas:\n      - {path: /b}\nzzz: 1`).map((problem) => problem.message),
    ['is an unknown key, did you mean replicas', 'is an unknown key'],
  );
  assert.equal(problemsOf('__proto__: {}').length, 1);
});

test('parseConfig blames a misspelt key and not what its map seems to lack', () => {
  assert.deepEqual(
    problemsOf('dbs:\n  - path: /a\n    replika:\n      path: /b').map((problem) => problem.key),
    ['dbs[0].replika'],
  );
});

test('parseConfig names key, finding and what is allowed for a wrong value', () => {
  const wrong = (text: string, line: number, message: RegExp) => {
    const [problem, ...rest] = problemsOf(text);
    assert.ok(problem !== undefined && rest.length === 0, `${text}: ${JSON.stringify(problemsOf(text))}`);
    assert.deepEqual([problem.line, problem.code], [line, 'invalid']);
    assert.match(`${problem.key} ${problem.message}`, message);
  };
  wrong(`${database}    busy-timeout: 1000`, 5, /^dbs\[0\]\.busy-timeout is "1000", must be a duration with its unit/);
  wrong(`${database}    monitor-interval: 0s`, 5, /monitor-interval is "0s", must be .* more than 0$/);
  wrong(`${database}    switch-to-wal: maybe`, 5, /switch-to-wal is "maybe", must be true or false$/);
  wrong(`${database}    min-checkpoint-page-count: 0`, 5, /is "0", must be a whole number of at least 1$/);
  wrong(`${database}    max-sync-wal-bytes: [1]`, 5, /is a list, must be a size/);
  wrong('workers: 1.5', 1, /^workers is "1.5", must be a whole number/);
  wrong('logging: {level: loud}', 1, /^logging\.level is "loud", must be one of trace, debug/);
  wrong('logging: loud', 1, /^logging is "loud", must be a map of keys$/);
  wrong('dbs: {path: x}', 1, /^dbs is a map, must be a list$/);
  wrong('dbs:\n- x', 2, /^dbs\[0\] is "x", must be a map of keys$/);
  wrong('- x', 1, /is a list, must be a map of keys$/);
  wrong('heartbeat-interval: 30s', 1, /must be a duration of at least 1m$/);
  wrong('levels: [{interval: 0s}]', 1, /^levels\[0\]\.interval is "0s", must be .* more than 0$/);
  wrong(`levels: [${'{interval: 1m}, '.repeat(9)}]`, 1, /^levels has 9 entries, at most 8 are possible$/);
  wrong('snapshot: {retention: 0s}', 1, /^snapshot\.retention is "0s", must be .* more than 0$/);
  wrong('l0-retention-check-interval: 0s', 1, /must be .* more than 0$/);
  wrong('l0-retention: -5m', 1, /^l0-retention is "-5m", must be a duration/);
});

test('parseConfig refuses keys that do not go together', () => {
  const wrong = (entry: string, message: RegExp) => {
    const problems = problemsOf(`dbs:\n  - ${entry}`);
    assert.ok(
      problems.some((problem) => message.test(`${problem.key} ${problem.message}`)),
      JSON.stringify(problems),
    );
  };
  wrong('{path: /a, dir: /b, pattern: x, replica: {path: /c}}', /dir stands beside path/);
  wrong('{replica: {path: /c}}', /needs path, or dir and pattern/);
  wrong('{dir: /b, replica: {path: /c}}', /needs a pattern/);
  wrong('{path: /a, watch: true, replica: {path: /c}}', /watch has a meaning beside dir only/);
  wrong('{path: /a, meta-dir: /m, replica: {path: /c}}', /meta-dir has a meaning beside dir only/);
  wrong('{dir: /b, pattern: x, meta-dir: /m, meta-path: /n, replica: {path: /c}}', /meta-dir stands beside meta-path/);
  wrong('{path: /a}', /needs a replica/);
  wrong('{path: /a, replicas: []}', /needs a replica/);
  wrong('{path: /a, replica: {path: /c}, replicas: [{path: /d}]}', /replicas stands beside replica/);
  wrong('{path: /a, replica: {path: /c, url: "file:///d"}}', /path stands beside url/);
  wrong('{path: /a, replica: {path: "file:///d"}}', /path is a URL: write it as url/);
  wrong('{path: /a, replica: {url: /d}}', /url has no scheme/);
  wrong('{path: /a, replica: {url: "file://"}}', /url names no place. .*it names no directory/);
  wrong('{path: /a, replica: {name: x}}', /replica names no place/);
});

test('parseConfig says of each key that is not there yet that it is not, and where it stands', () => {
  const asks = [
    'validation: {interval: 1h}',
    'validation-interval: 1h',
    'max-sync-ltx-files: 7',
    'age: {recipients: [x]}',
    'upload-bytes-per-second: 1MB',
  ];
  for (const ask of asks) {
    const [problem, ...rest] = problemsOf(`exec: x\n${ask}`);
    assert.equal(rest.length, 0, ask);
    assert.deepEqual([problem?.line, problem?.code], [2, 'not-supported'], ask);
    assert.match(problem!.message, /not supported yet by this version/, ask);
    assert.ok(ask.startsWith(problem!.key.split(/[.[]/)[0]!), `${ask}: ${problem!.key}`);
  }
});

test('parseConfig accepts keys that only carry defaults or are switched off', () => {
  const text = [
    'socket: {enabled: false, path: /run/x.sock}',
    'heartbeat-interval: 5m',
    'lease: {enabled: false, ttl: 30s}',
    'access-key-id: x',
    'max-sync-ltx-files: 256',
    database,
  ];
  assert.deepEqual(problemsOf(text.join('\n')), []);
});

test('parseConfig gives one error for a replica of another type', () => {
  for (const type of ['gs', 'abs', 'sftp', 'webdav', 'nats', 'oss']) {
    for (const replica of [`{type: ${type}, bucket: b, region: r}`, `{url: "${type}://b/p", endpoint: e}`]) {
      const problems = problemsOf(`dbs:\n  - path: /a\n    replica: ${replica}`);
      assert.deepEqual([problems.length, problems[0]?.line, problems[0]?.code], [1, 3, 'not-supported']);
      assert.match(problems[0]!.message, new RegExp(`type ${type}, which is not supported yet by this version`));
    }
  }
  assert.match(problemsOf('dbs: [{path: /a, replica: {type: s4}}]')[0]!.message, /unknown replica type "s4"/);
  assert.match(problemsOf('dbs: [{path: /a, replica: {path: /b, bucket: c}}]')[0]!.message, /of type s3, and this one/);
});

test('parseConfig reads the settings of S3 replicas and says where they are wrong', () => {
  const replica = (settings: string) =>
    problemsOf(`dbs:\n  - path: /a\n    replica: {type: s3, bucket: b, ${settings}}`);
  assert.deepEqual(
    replica('path: x, region: r, endpoint: e, force-path-style: true, part-size: 8MB, concurrency: 3'),
    [],
  );
  assert.match(replica('concurrency: 0')[0]!.message, /must be a whole number of at least 1/);
  assert.match(replica('regoin: x')[0]!.message, /unknown key, did you mean region/);
  assert.match(replica('account-key: x')[0]!.message, /not supported yet by this version \(now: file, s3\)/);
  const url = (text: string) => problemsOf(`dbs: [{path: /a, replica: {${text}}}]`);
  assert.match(url('url: "s3://b/a", bucket: c')[0]!.message, /stands beside url/);
  assert.match(url('url: "s3://b/a?regoin=x"')[0]!.message, /names no place\. .*parameter regoin is unknown/);
  assert.match(url('url: "file:///a", region: x')[0]!.message, /of type s3, and this one/);
});

test('parseConfig places YAML errors', () => {
  assert.deepEqual([problemsOf('a: [\n')[0]?.line, problemsOf('exec: 1\nexec: 2')[0]?.line], [2, 2]);
  assert.match(problemsOf('exec: 1\n---\nexec: 2')[0]!.message, /more than one document/);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 9; level++)
    bomb.push(`b${level}: &a${level} [${Array(9).fill(level === 1 ? '*a' : `*a${level - 1}`)}]`);
  assert.match(problemsOf(bomb.join('\n'))[0]!.message, /too large/);
});
