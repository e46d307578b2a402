import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';

const config = `
addr: ":9090"
heartbeat-url: https://hc-ping.com/secret-uuid
socket: {enabled: true}
workers: 2
levels: [{interval: 1m}]
access-key-id: AKIASECRET
secret-access-key: verysecret
dbs:
  - path: /data/app.db
    checkpoint-interval: 2m
    replicas:
      - {name: near, path: /backup/app}
      - {url: "s3://bucket/app?endpoint=http://localhost:9000", sync-interval: 5s}
  - dir: /data/tenants
    pattern: "*.db"
    watch: true
    lease: {enabled: true, ttl: 10s}
    replica: {path: /backup/tenants}
`;

test('config -check prints every setting in effect, marks defaults and masks secrets', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'c.yml'), config);
  const { code, stdout, stderr } = await litestream(['config', '-check', '-config', 'c.yml'], { cwd });
  assert.deepEqual([code, stderr], [0, '']);
  for (const secret of ['secret-uuid', 'AKIASECRET', 'verysecret']) assert.ok(!stdout.includes(secret), secret);
  const lines = stdout.split('\n');
  const has = (line: string) => assert.ok(lines.includes(line), `${line}\n${stdout}`);
  has(`# ${join(cwd, 'c.yml')}`);
  has('addr: :9090');
  has('workers: 2');
  has('ready-max-lag: 1m # default');
  has('heartbeat-interval: 5m # default');
  has('  enabled: true');
  has('  path: /var/run/litestream.sock # default');
  has('  - interval: 1m');
  has('l0-retention: 5m # default');
  has('    checkpoint-interval: 2m');
  has('    monitor-interval: 1s # default');
  has('      - name: near');
  has('        sync-interval: 5s');
  has('        sync-interval: 1s # default');
  assert.match(stdout, /^ {8}secret-access-key: ["']?\*{5}["']?$/m);
  has('  - dir: /data/tenants');
  has('      ttl: 10s');
  const values = parse(stdout) as { dbs: { replicas: { type: string; bucket?: string }[] }[] };
  assert.deepEqual(
    values.dbs.map(({ replicas }) => replicas.map(({ type }) => type)),
    [['file', 's3'], ['file']],
  );
  assert.equal(values.dbs[0]!.replicas[1]!.bucket, 'bucket');
});

test('config -check prints a config file that comes to the same', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'c.yml'), config.replace(/^(heartbeat-url|access-key-id|secret-access-key): .*\n/gm, ''));
  const first = await litestream(['config', '-config', 'c.yml'], { cwd });
  writeFileSync(join(cwd, 'd.yml'), first.stdout);
  const second = await litestream(['config', '-config', 'd.yml'], { cwd });
  assert.deepEqual([second.code, second.stderr], [0, '']);
  const withoutMarks = (text: string) => text.replaceAll(' # default', '').replace(/^#.*\n/, '');
  assert.equal(withoutMarks(second.stdout), withoutMarks(first.stdout));
});

test('config -check fails with what is wrong, and warns of variables that are not set', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'wrong.yml'), 'addr: 9090\ndbs:\n  - path: a\n    replica: {path: b}\n');
  const wrong = await litestream(['config', '-check', '-config', 'wrong.yml'], { cwd });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /wrong\.yml:1:7: addr is "9090", must be an address such as :9090/);
  writeFileSync(join(cwd, 'c.yml'), 'dbs:\n  - path: a$NOT_SET\n    replica: {path: b}\n');
  const { code, stderr } = await litestream(['config', '-config', 'c.yml'], { cwd });
  assert.equal(code, 0);
  assert.match(stderr, /the variable NOT_SET, which is not set/);
});

test('config -schema knows every key of the annotated config file, and what kinds of values they take', async () => {
  const { code, stdout } = await litestream(['config', '-schema']);
  assert.equal(code, 0);
  const schema = JSON.parse(stdout) as JsonSchema;
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(schema.properties!.workers?.type, 'integer');
  assert.deepEqual(schema.properties!.logging?.properties?.type?.enum, ['text', 'json', 'pretty']);
  assert.equal(schema.properties!.socket?.properties?.enabled?.type, 'boolean');
  const annotated = parse(readFileSync(join(projectRoot, 'litestream.yml'), 'utf8')) as object;
  assert.deepEqual(unknownKeys(annotated, schema, ''), []);
  assert.deepEqual(unknownKeys({ dbs: [{ nonsense: 1 }] }, schema, ''), ['.dbs[].nonsense']);
});

interface JsonSchema {
  readonly type?: unknown;
  readonly enum?: unknown;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

function unknownKeys(value: unknown, schema: JsonSchema | undefined, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownKeys(item, schema?.items, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = schema?.properties?.[key];
    return known === undefined ? [`${path}.${key}`] : unknownKeys(inner, known, `${path}.${key}`);
  });
}
