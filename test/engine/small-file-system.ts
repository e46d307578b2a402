import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { cleanUp } from './clean-up.ts';

/** Puts a file system of a few hundred kilobytes at `path`; false, with the test skipped, where nobody may. */
export function mountSmallFileSystem(test: TestContext, path: string, size = '512k'): boolean {
  mkdirSync(path, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    test.skip(`a small file system cannot be mounted here: ${mounted.stderr?.trim() || mounted.error?.message}`);
    return false;
  }
  cleanUp(test, () => spawnSync('umount', [path]));
  return true;
}
