import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../support/project-root.ts';
import { referencePages } from './pages.ts';

for (const [path, text] of await referencePages()) {
  const file = join(projectRoot, 'docs', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
