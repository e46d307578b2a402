import { once } from 'node:events';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { main, Progress, StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';
import { setUp } from './setup.mjs';
import { testFiles } from './test-files.mjs';
import { TestReport } from './test-report.mjs';
import { findVersitygw } from './versitygw.mjs';

const usage = 'npm test -- [--concurrency N] [--list] [SUITE or part of a path]...';

/** A file that takes longer hangs; its name is worth more than the rest of the run. */
const fileTimeoutMs = 600_000;

await main(async () => {
  const { values, positionals } = parseOptions();
  await setUp(new Progress(process.stdout), { testServer: true });
  process.env.VERSITYGW = findVersitygw();
  const files = testFiles({ filters: positionals, long: values.long });
  if (values.list) {
    process.stdout.write(files.map((file) => `${file}\n`).join(''));
    return 0;
  }
  if (files.length === 0) throw new StepError('Cannot run the tests: no test files');
  const passed = await runFiles(files, {
    concurrency: Number(values.concurrency),
    timeout: values.long ? Number.POSITIVE_INFINITY : fileTimeoutMs,
  });
  return passed ? 0 : 1;
});

function parseOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        concurrency: { type: 'string', default: '2' },
        list: { type: 'boolean', default: false },
        long: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new StepError(`${error.message.split('. ')[0]}. Usage: ${usage}`);
  }
}

async function runFiles(files, { concurrency, timeout }) {
  const report = new TestReport();
  const reporter = new spec();
  reporter.pipe(process.stdout, { end: false });
  const paths = files.map((file) => join(projectRoot, file));
  for await (const event of run({ files: paths, concurrency, timeout })) {
    if (report.take(event)) reporter.write(event);
  }
  const shown = once(reporter, 'end');
  reporter.end();
  await shown;
  return report.print(process.stdout, { concurrency, skipsFail: process.env.CI === 'true' });
}
