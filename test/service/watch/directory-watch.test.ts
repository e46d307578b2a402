import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isLocalType, isWatchable } from '../../../src/runtime/watchable-file-system.ts';
import { type DatabaseWatch, DirectoryWatch } from '../../../src/service/watch/directory-watch.ts';
import { until } from '../../engine/until.ts';
import { recordingLogger } from '../recording-logger.ts';

/** Longer than an event takes to arrive. */
const quietMs = 60;
const pollMs = 20;

class Watched {
  readonly watch: DatabaseWatch;
  count = 0;

  constructor(owner: DirectoryWatch, path: string) {
    const watch = owner.add({ path, pollMs, notify: () => this.#notified() });
    assert.ok(watch !== undefined, 'the directory can be watched');
    this.watch = watch;
  }

  /** Whether `act` brings a notification. */
  async hears(act: () => void): Promise<boolean> {
    await delay(quietMs);
    const before = this.count;
    act();
    await delay(quietMs);
    return this.count > before;
  }

  #notified(): void {
    this.count += 1;
  }
}

function scene(test: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'watch-')));
  const { logger, lines } = recordingLogger();
  const owner = new DirectoryWatch({ logger });
  const add = (path: string): Watched => {
    const watched = new Watched(owner, path);
    test.after(() => watched.watch.close());
    return watched;
  };
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, owner, lines, add };
}

describe('DirectoryWatch', () => {
  it('tells a database of its files and of no others, with one watch for all in a directory', async (t) => {
    const { folder, owner, add } = scene(t);
    const [one, two] = [add(join(folder, 'one.db')), add(join(folder, 'two.db'))];
    assert.equal(owner.openCount, 1);
    for (const suffix of ['', '-wal', '-journal', '-shm']) {
      assert.ok(await one.hears(() => writeFileSync(join(folder, `one.db${suffix}`), 'x')), suffix);
    }
    assert.equal(two.count, 1, 'the notification at the start');
    assert.equal(await one.hears(() => writeFileSync(join(folder, 'other'), 'x')), false);
    assert.ok(await one.hears(() => rmSync(join(folder, 'one.db-wal'))), 'a removal');
  });

  it('tells a database of its own file when that is called as SQLite calls a WAL', async (t) => {
    const { folder, add } = scene(t);
    const [odd, plain] = [add(join(folder, 'one.db-wal')), add(join(folder, 'one.db'))];
    assert.ok(await odd.hears(() => writeFileSync(join(folder, 'one.db-wal'), 'x')));
    assert.ok(plain.count > 1, 'for the other one it is the WAL');
    assert.equal(await odd.hears(() => writeFileSync(join(folder, 'one.db'), 'x')), false);
    odd.watch.close();
    assert.ok(await plain.hears(() => writeFileSync(join(folder, 'one.db-wal'), 'y')));
  });

  it('closes the watch while every database is paused, and notifies one that resumes', async (t) => {
    const { folder, owner, add } = scene(t);
    const [one, two] = [add(join(folder, 'one.db')), add(join(folder, 'two.db'))];
    one.watch.pause();
    assert.equal(owner.openCount, 1);
    assert.equal(await one.hears(() => writeFileSync(join(folder, 'one.db'), 'x')), false);
    two.watch.pause();
    two.watch.pause();
    assert.equal(owner.openCount, 0);
    assert.ok(await one.hears(() => one.watch.resume()));
    assert.equal(owner.openCount, 1);
    assert.ok(await one.hears(() => writeFileSync(join(folder, 'one.db-wal'), 'x')));
  });

  it('follows a directory that is removed and made again, saying so once', async (t) => {
    const { folder, owner, lines, add } = scene(t);
    const directory = join(folder, 'data');
    mkdirSync(directory);
    const one = add(join(directory, 'one.db'));
    assert.ok(await one.hears(() => rmSync(directory, { recursive: true })));
    await delay(quietMs);
    assert.equal(owner.openCount, 0);
    assert.ok(await one.hears(() => mkdirSync(directory)));
    assert.equal(owner.openCount, 1);
    assert.ok(await one.hears(() => writeFileSync(join(directory, 'one.db'), 'x')));
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['the directory is missing, waiting for it', 'the directory is watched again'],
    );
  });

  it('waits for a directory that is not there yet', async (t) => {
    const { folder, add } = scene(t);
    const directory = join(folder, 'later');
    const one = add(join(directory, 'one.db'));
    assert.equal(await one.hears(() => {}), false);
    assert.ok(await one.hears(() => mkdirSync(directory)));
    assert.ok(await one.hears(() => writeFileSync(join(directory, 'one.db'), 'x')));
  });

  it('notices by a check that another directory was moved into the place of its parent', async (t) => {
    const { folder, owner, add } = scene(t);
    const directory = join(folder, 'a', 'data');
    mkdirSync(directory, { recursive: true });
    const one = add(join(directory, 'one.db'));
    await delay(quietMs);
    renameSync(join(folder, 'a'), join(folder, 'b'));
    mkdirSync(directory, { recursive: true });
    assert.ok(await one.hears(() => owner.check()));
    assert.ok(await one.hears(() => writeFileSync(join(directory, 'one.db'), 'x')));
  });

  it('watches beside the file that a link leads to, also when the link comes later', async (t) => {
    const { folder, add } = scene(t);
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'file.db'), 'x');
    const one = add(join(folder, 'one.db'));
    assert.ok(await one.hears(() => symlinkSync('real/file.db', join(folder, 'one.db'))));
    assert.ok(await one.hears(() => writeFileSync(join(folder, 'real', 'file.db-wal'), 'x')));
  });

  it('polls where the system has no watch left, says so once for all directories, and watches when there is room', async () => {
    const script = `
      import { closeSync, mkdtempSync, openSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      import { DirectoryWatch } from ${JSON.stringify(import.meta.resolve('../../../src/service/watch/directory-watch.js'))};
      const lines = [];
      const say = (message, fields) => lines.push([message, fields?.error?.code]);
      const logger = { child: () => logger, warn: say, info: say };
      const folders = [1, 2, 3].map(() => mkdtempSync('/tmp/refused-'));
      const owner = new DirectoryWatch({ logger });
      const descriptors = [];
      try { for (;;) descriptors.push(openSync('/dev/null')); } catch {}
      const counts = [0, 0, 0];
      const watches = folders.map((folder, i) => owner.add({ path: folder + '/one.db', pollMs: 10, notify: () => counts[i]++ }));
      while (counts.some((count) => count < 3)) await delay(5);
      const openWhileFull = owner.openCount;
      for (const descriptor of descriptors) closeSync(descriptor);
      while (owner.openCount < 3) await delay(5);
      for (const watch of watches) watch.close();
      console.log(JSON.stringify({ openWhileFull, lines, open: owner.openCount }));`;
    const command = 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, script], { timeout: 20_000 });
    const lines = [
      ['cannot watch directories, polling them', 'EMFILE'],
      ['every directory is watched again', null],
    ];
    assert.deepEqual(JSON.parse(stdout), { openWhileFull: 0, lines, open: 0 });
  });

  it('keeps notifying while a directory whose watch failed later cannot be watched', async (t) => {
    const { folder, owner, add } = scene(t);
    const directory = join(folder, 'data');
    mkdirSync(directory);
    const one = add(join(directory, 'one.db'));
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the directory was');
    await delay(quietMs);
    assert.equal(owner.openCount, 0);
    rmSync(directory);
    mkdirSync(directory);
    await until('the watch is back', () => owner.openCount === 1);
    assert.ok(await one.hears(() => writeFileSync(join(directory, 'one.db'), 'x')));
  });
});

describe('isWatchable', () => {
  it('accepts a local directory, and what does not exist below one', () => {
    assert.equal(isWatchable('/proc/self'), true);
    assert.equal(isWatchable(join('/proc/self', 'missing', 'one.db')), true);
  });

  it('refuses network file systems and FUSE, whatever the sign of their numbers', () => {
    assert.equal(isLocalType(0x6969), false);
    assert.equal(isLocalType(0xff534d42), false);
    assert.equal(isLocalType(0xff534d42 | 0), false);
    assert.equal(isLocalType(0xef53), true, 'ext4');
  });
});
