import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project.mjs';
import { filesBelow } from './source-files.mjs';

const limit = 300;

/** A file whose first line says so is exempt: `// generated ...` or `// data table ...`. */
const exempt = /^\/\/ (generated|data table)\b/i;

/** A file above the limit holds more than one thing. */
const tooLong = ['src', 'cmd', 'test']
  .flatMap((folder) => filesBelow(folder, { skip: new Set(['test/fixtures']) }))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }))
  .filter(({ text }) => !exempt.test(text))
  .map(({ path, text }) => ({ path, lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
  .filter(({ lineCount }) => lineCount > limit);

for (const { path, lineCount } of tooLong) {
  process.stdout.write(`${path}: ${lineCount} lines, the limit is ${limit}\n`);
}
process.exitCode = tooLong.length === 0 ? 0 : 1;
