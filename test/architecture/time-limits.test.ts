import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { projectRoot } from '../support/project-root.ts';

it('no AbortSignal.any is made of a timeout, which Node 20 collects: TimeLimit is for that', () => {
  const sources = ['src', 'cmd'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const made = sources.filter((path) => {
    if (!path.endsWith('.ts')) return false;
    return /AbortSignal\.any\([^;]*AbortSignal\.timeout/.test(readFileSync(join(projectRoot, path), 'utf8'));
  });
  assert.ok(sources.length > 100, 'the sources were read');
  assert.deepEqual(made, []);
});
