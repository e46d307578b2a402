import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/project-root.ts';
import { referencePages } from './reference/pages.ts';

test('the generated pages of docs/reference are what npm run docs writes', async () => {
  const pages = await referencePages();
  assert.equal(pages.size, 3);
  for (const [path, text] of pages) {
    assert.equal(readFileSync(join(projectRoot, 'docs', path), 'utf8'), text, `docs/${path}: run npm run docs`);
  }
});
