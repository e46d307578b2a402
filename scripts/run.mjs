import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, Progress, StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';
import { setUp } from './setup.mjs';
import { findVersitygw } from './versitygw.mjs';

/** node scripts/run.mjs dist/FILE.js ARG...: set-up first, its lines on stderr, then the file in this process. */
await main(async () => {
  const [file, ...args] = process.argv.slice(2);
  const testServer = file.startsWith('dist/test/bench/');
  await setUp(new Progress(process.stderr, { quiet: true }), { testServer });
  if (testServer) process.env.VERSITYGW = findVersitygw();
  const path = join(projectRoot, file);
  if (!existsSync(path)) throw new StepError(`Cannot run ${file}: no such file`);
  process.argv = [process.argv[0], path, ...args];
  // In this process and not in a child: signals and the exit code are the program's own.
  await import(pathToFileURL(path));
  return process.exitCode;
});
