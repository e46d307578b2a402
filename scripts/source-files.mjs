import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { projectRoot } from './project.mjs';

/** Recorded files, and sources of another compiler or for a browser: nothing that the project's own compile looks at. */
const skipped = new Set(['test/fixtures', 'src/kernel/assembly', 'src/dashboard/page']);

/** Paths below the project's root, with forward slashes, sorted. A folder that does not exist has no files. */
export function filesBelow(folder, { extension = '', skip = skipped } = {}) {
  const found = [];
  collect(join(projectRoot, folder), extension, skip, found);
  return found.sort();
}

function collect(folder, extension, skip, found) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    const path = relative(projectRoot, join(folder, entry.name)).split(sep).join('/');
    if (entry.isDirectory()) {
      if (!skip.has(path) && entry.name !== 'node_modules') collect(join(folder, entry.name), extension, skip, found);
    } else if (entry.name.endsWith(extension)) {
      found.push(path);
    }
  }
}

/** What tsc compiles; the same folders as in tsconfig.json. */
export function typeScriptSources() {
  return ['src', 'cmd', 'test', 'examples'].flatMap((folder) => filesBelow(folder, { extension: '.ts' }));
}
