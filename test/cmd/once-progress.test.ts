import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { Application } from '../sqlite/application.ts';
import { FaultServer } from '../support/fault-s3/fault-server.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

/** Runs the command on a terminal of its own; resolves to what it showed there, `<clear>` for the sequence that clears a line's end. */
async function onTerminal(cwd: string, args: readonly string[], onShown: (shown: string) => void): Promise<string> {
  const program = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const child = spawn('python3', ['-c', program, process.execPath, entryPath, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown = `${shown}${text}`.replaceAll('\u001b[K', '<clear>');
    onShown(shown);
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, shown);
  return shown;
}

async function newDatabase(path: string, bytes: number): Promise<void> {
  const application = new Application(path);
  await application.run(
    'pragma journal_mode = wal',
    'create table t (x)',
    `insert into t values (randomblob(${bytes}))`,
  );
  await application.close();
}

test('replicate -once shows on a terminal how far it is: with the upload of one database, or how many are done', async (t) => {
  await using server = await FaultServer.start();
  const cwd = temporaryFolder(t);
  await newDatabase(join(cwd, 'small.db'), 10);
  await newDatabase(join(cwd, 'large.db'), 12_000_000);
  const configure = (...names: string[]) => {
    const databases = names.map(
      (name) =>
        `{path: ${name}.db, replica: {url: "s3://bucket/${names.length}/${name}", endpoint: "${server.endpoint}"}}`,
    );
    const settings = 'access-key-id: a\nsecret-access-key: s\nlease: {enabled: false}\nstore-calls-per-second: 0\n';
    writeFileSync(join(cwd, 'c.yml'), `${settings}dbs: [${databases.join(', ')}]\n`);
  };
  /** The second part of an upload and those after it wait until a bar was seen. */
  const hold = () => {
    let seen = () => {};
    const released = new Promise<void>((resolve) => {
      seen = resolve;
    });
    server.fail('put-part', { kind: 'wait', released: Promise.resolve() });
    server.fail('put-part', { kind: 'wait', released }, 2);
    return seen;
  };
  const replicate = ['replicate', '-once', '-force-snapshot', '-config', 'c.yml'];

  configure('large');
  const uploadBar = /\rupload to s3 \[=+ +\] +\d\d% {2}\d\.\d MB of 12 MB {2}[\d.]+ .B\/s<clear>/;
  const seenUpload = hold();
  const one = await onTerminal(cwd, replicate, (shown) => uploadBar.test(shown) && seenUpload());
  // The bar is gone before the next line, and nothing is left of it at the end.
  assert.match(one, /\r<clear>time=[^\r]* msg="wrote a snapshot"/);
  assert.match(one, /(?:\r<clear>|\n)time=[^\r]* msg="everything is shipped"[^[]*$/);
  assert.doesNotMatch(one, /goes on/);

  configure('small', 'large');
  const countBar = /\r1 of 2 databases \[={15,} +\] +[5-9]\d%<clear>/;
  const seenCount = hold();
  await onTerminal(cwd, replicate, (shown) => countBar.test(shown) && seenCount());
});
