import { isAbsolute } from 'node:path';
import { suiteOf } from './test-files.mjs';

/** What the runner says last, one diagnostic a line and about no file. */
const closing = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

/** Gathers what the runner's own report lacks: seconds by suite, the reasons of skips, files without a test. */
export class TestReport {
  #closingLines = [];
  #suites = new Map();
  #skips = [];
  #emptyFiles = [];
  #testCount = 0;
  #failed = false;

  /** Takes one event of the runner; false means that it is kept for the end and not to be shown now. */
  take({ type, data }) {
    if (type === 'test:diagnostic' && data.file === undefined && closing.test(data.message)) {
      this.#closingLines.push(data.message);
      return false;
    }
    if (type === 'test:complete' && isFile(data)) this.#fileEnded(data);
    if (type === 'test:pass' || type === 'test:fail') this.#testEnded(type, data);
    return true;
  }

  /** Prints the gathered facts and then the runner's closing block, which is the last thing on `stream`. */
  print(stream, { concurrency, skipsFail }) {
    const problems = this.#problems(skipsFail);
    for (const skip of this.#skips) stream.write(`skipped: ${skip}\n`);
    for (const problem of problems) stream.write(`failed: ${problem}\n`);
    stream.write(`\nseconds by suite, ${concurrency} files at a time\n`);
    for (const [suite, { fileCount, ms }] of this.#suites) {
      const files = `${fileCount} ${fileCount === 1 ? 'file' : 'files'}`;
      stream.write(`  ${suite.padEnd(16)} ${(ms / 1000).toFixed(1).padStart(7)}  ${files}\n`);
    }
    stream.write('\n');
    for (const line of this.#closingLines) stream.write(`ℹ ${line}\n`);
    return !this.#failed && problems.length === 0;
  }

  #problems(skipsFail) {
    const problems = this.#emptyFiles.map((file) => `${file} defines no test`);
    if (this.#testCount === 0) problems.push('no test ran');
    if (skipsFail && this.#skips.length > 0) problems.push(`${this.#skips.length} skipped where CI=true allows none`);
    return problems;
  }

  #fileEnded({ file, details }) {
    const suite = this.#suites.get(suiteOf(file)) ?? { fileCount: 0, ms: 0 };
    this.#suites.set(suiteOf(file), { fileCount: suite.fileCount + 1, ms: suite.ms + details.duration_ms });
  }

  #testEnded(type, data) {
    if (type === 'test:fail' && data.todo === undefined) this.#failed = true;
    // The runner reports a file as a test only where it found none in it, or where it died.
    if (isFile(data)) {
      if (type === 'test:pass') this.#emptyFiles.push(data.file);
      return;
    }
    if (data.skip !== undefined) {
      this.#skips.push(`${data.name}: ${data.skip === true || data.skip === '' ? 'no reason given' : data.skip}`);
    } else if (data.details.type !== 'suite') {
      this.#testCount += 1;
    }
  }
}

function isFile({ name, file, nesting }) {
  return nesting === 0 && name === file && isAbsolute(name);
}
