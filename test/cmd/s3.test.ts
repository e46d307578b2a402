import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { type CliResult, litestream } from '../support/litestream-cli.ts';
import { S3Server } from '../support/s3-server.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

/** stderr holds lines of this program only: those of the log, and an echo of a moment. */
function assertOwnLines({ code, stderr }: CliResult, expectedCode = 0): void {
  assert.equal(code, expectedCode, stderr);
  const foreign = stderr.split('\n').filter((line) => !/^(time=\S+ level=|Restoring to |Error: |Hint: |$)/.test(line));
  assert.deepEqual(foreign, []);
}

/** Fills a database and gives its content back as it is on disk. */
function change(path: string, rows: number): Buffer {
  const database = new Database(path);
  database.pragma('journal_mode = wal');
  database.exec('create table if not exists t (x)');
  const insert = database.prepare('insert into t values (randomblob(900))');
  database.transaction(() => {
    for (let row = 0; row < rows; row += 1) insert.run();
  })();
  const bytes = database.serialize();
  database.close();
  return bytes;
}

test('replicate -once to S3 and restore from it give the same bytes, newest and by time', async (t) => {
  const cwd = temporaryFolder(t);
  const env = server.environment;
  const url = server.url('apps/app.db');
  const states: Buffer[] = [];
  for (const rows of [50, 2000, 7]) {
    states.push(change(join(cwd, 'app.db'), rows));
    const shipped = await litestream(['replicate', '-once', 'app.db', url], { cwd, env });
    assertOwnLines(shipped);
    assert.match(shipped.stderr, /msg="everything is shipped"/);
  }
  assert.ok(readdirSync(join(server.bucketFolder, 'apps/app.db/0000')).length >= 3);

  const listed = await litestream(['ltx', '-json', url], { cwd, env });
  assertOwnLines(listed);
  const files = JSON.parse(listed.stdout) as { level: number; timestamp: string }[];
  const second = files.filter(({ level }) => level === 0).at(-2)!;
  const restores = [
    { output: 'newest.db', flags: [], state: states[2]! },
    { output: 'earlier.db', flags: ['-timestamp', second.timestamp], state: states[1]! },
  ];
  for (const { output, flags, state } of restores) {
    assertOwnLines(await litestream(['restore', '-o', output, ...flags, url], { cwd, env }));
    const restored = readFileSync(join(cwd, output));
    // The change counters and the version of SQLite in the header are those of the file, not of the serialised copy.
    assert.equal(restored.byteLength, state.byteLength, output);
    assert.deepEqual(restored.subarray(100), state.subarray(100), output);
  }
  assert.deepEqual(readFileSync(join(cwd, 'newest.db')), readFileSync(join(cwd, 'app.db')));
});

test('a config file gives S3 settings, also at its top, and no command shows a secret of them', async (t) => {
  const cwd = temporaryFolder(t);
  change(join(cwd, 'app.db'), 5);
  change(join(cwd, 'other.db'), 5);
  const { accessKeyId, secretAccessKey } = server.credentials;
  writeFileSync(
    join(cwd, 'litestream.yml'),
    `access-key-id: ${accessKeyId}
secret-access-key: ${secretAccessKey}
endpoint: ${server.endpoint}
dbs:
  - {path: app.db, replica: {type: s3, bucket: ${server.bucket}, path: configured/app, storage-class: STANDARD}}
  - {dir: ., pattern: "o*.db", replica: {url: "s3://${server.bucket}/configured/all"}}
`,
  );
  const run = (line: string) => litestream(line.split(' '), { cwd });
  const shown = [
    await run('replicate -once -config litestream.yml'),
    await run('databases -config litestream.yml'),
    await run('databases -json -config litestream.yml'),
    await run('status -json -config litestream.yml'),
    await run('restore -json -o back.db -config litestream.yml other.db'),
  ];
  for (const each of shown) {
    assertOwnLines(each);
    assert.ok(!`${each.stdout}${each.stderr}`.includes(secretAccessKey));
  }
  assert.match(shown[1]!.stdout, /app\.db +s3 +s3:\/\/backup\/configured\/app\?endpoint=http/);
  assert.match(shown[3]!.stdout, /s3:\/\/backup\/configured\/all\/other\.db/);
  assert.deepEqual(readFileSync(join(cwd, 'back.db')), readFileSync(join(cwd, 'other.db')));
});

test('restore names bucket and key and the way out when S3 refuses or is away', async (t) => {
  const cwd = temporaryFolder(t);
  const restore = (url: string, env: Record<string, string> = server.environment) =>
    litestream(['restore', '-o', 'x.db', url], { cwd, env });
  const wrong = { ...server.environment, LITESTREAM_SECRET_ACCESS_KEY: 'wrong' };
  const [noBucket, refused, away, empty] = await Promise.all([
    restore(`s3://nothing-here/app?endpoint=${server.endpoint}`),
    restore(server.url('app'), wrong),
    restore('s3://backup/app?endpoint=http://127.0.0.1:1'),
    restore(server.url('never-written')),
  ]);
  for (const each of [noBucket, refused, away, empty]) assertOwnLines(each, 1);
  assert.match(noBucket.stderr, /s3:\/\/nothing-here\/app: there is no such bucket.*\nHint: Create the bucket/);
  assert.match(
    refused.stderr,
    /s3:\/\/backup\/app: the store does not accept the credentials.*\nHint: Check access-key-id/,
  );
  assert.match(away.stderr, /the store cannot be reached, ECONNREFUSED.*\nHint: Check the endpoint/);
  assert.ok(![noBucket, refused, away, empty].some(({ stderr }) => stderr.includes('test-secret-key')));
});

test('the SDK of S3 is loaded by commands that use S3 and by no others', async (t) => {
  const cwd = temporaryFolder(t);
  change(join(cwd, 'app.db'), 5);
  const probe = join(cwd, 'probe.cjs');
  writeFileSync(
    probe,
    `process.on('exit', () => process.stderr.write('sdk modules: ' + Object.keys(require.cache).filter((path) => path.includes('@aws-sdk')).length));`,
  );
  const env = { ...server.environment, NODE_OPTIONS: `--require ${probe}` };
  const modules = async (...words: string[]) => {
    const { stderr } = await litestream(words, { cwd, env });
    return Number(/sdk modules: (\d+)/.exec(stderr)?.[1]);
  };
  assert.equal(await modules('replicate', '-once', 'app.db', `file://${cwd}/replica`), 0);
  assert.equal(await modules('restore', '-o', 'y.db', `file://${cwd}/none`), 0);
  assert.ok((await modules('restore', '-o', 'y.db', server.url('none'))) > 0);
});
