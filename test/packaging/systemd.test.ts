import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { projectRoot } from '../support/project-root.ts';

const unitPath = join(projectRoot, 'examples/systemd/litestream.service');
const mostExposure = 3;

test('the systemd unit is without a fault, and exposes little', (t) => {
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  if (analyze('--version').error !== undefined) return t.skip('there is no systemd-analyze here');
  const folder = temporaryFolder(t);
  const copy = join(folder, 'litestream.service');
  // The program is looked for, and is not installed here.
  writeFileSync(copy, readFileSync(unitPath, 'utf8').replace('/usr/local/bin/litestream', '/bin/true'));
  const verified = analyze('verify', '--man=no', copy);
  assert.deepEqual([verified.status, verified.stderr], [0, '']);
  const original = join(folder, 'original.service');
  copyFileSync(unitPath, original);
  const security = analyze('security', '--offline=true', `--threshold=${mostExposure * 10}`, original);
  assert.equal(security.status, 0, security.stdout.slice(-2_000));
  const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(security.stdout) ?? [];
  assert.ok(Number(exposure) < mostExposure, security.stdout.slice(-500));
  return undefined;
});
