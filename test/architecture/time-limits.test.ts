import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { projectFiles } from '../support/project-files.ts';
import { projectRoot } from '../support/project-root.ts';

it('no AbortSignal.any is made of a timeout, which Node 20 collects: TimeLimit is for that', () => {
  const sources = ['src', 'cmd'].flatMap((folder) => projectFiles(folder, '.ts'));
  const made = sources.filter((path) =>
    /AbortSignal\.any\([^;]*AbortSignal\.timeout/.test(readFileSync(join(projectRoot, path), 'utf8')),
  );
  assert.ok(sources.length > 100, 'the sources were read');
  assert.deepEqual(made, []);
});
