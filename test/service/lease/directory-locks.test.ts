import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { DirectoryLocks } from '../../../src/service/lease/directory-locks.ts';
import { temporaryFolder } from '../../engine/scene.ts';

it('DirectoryLocks hold a directory until the last of a process has released it', async (t) => {
  const path = join(temporaryFolder(t), 'data', '.shared-litestream');
  const here = new DirectoryLocks();
  const there = new DirectoryLocks();
  assert.deepEqual(await Promise.all([here.hold(path), here.hold(path)]), [true, true]);
  assert.equal(await there.hold(path), false);
  there.release(path);
  here.release(path);
  assert.equal(await there.hold(path), false, 'what another one holds cannot be released');
  here.release(path);
  assert.equal(await there.hold(path), true);
  assert.equal(await here.hold(path), false);
  there.release(path);
  assert.equal(await here.hold(path), true);
  here.release(path);
});
