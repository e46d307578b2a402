import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { litestream } from '../support/litestream-cli.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

/** Starts a command on a terminal and says its pid; a line on stdin closes the terminal, and then it says how the command ended. */
const program = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
open_ends = [terminal, sys.stdin]
while sys.stdin not in (readable := select.select(open_ends, [], [])[0]):
    try:
        print(os.read(terminal, 65536).decode(), end='', flush=True)
    except OSError:
        open_ends.remove(terminal)
os.close(terminal)
print('\\nended', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

/** The command on a terminal of its own. */
class OnTerminal {
  readonly #child;
  #shown = '';

  constructor(t: TestContext, cwd: string, ...args: string[]) {
    this.#child = spawn('python3', ['-c', program, process.execPath, entryPath, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, TZ: 'UTC' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => (this.#shown += `${line}\n`));
    t.after(() => {
      this.#child.kill('SIGKILL');
      try {
        process.kill(this.pid, 'SIGKILL');
      } catch {} // it has ended
    });
  }

  get pid(): number {
    return Number(/^\d+/.exec(this.#shown)?.[0]);
  }

  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return until(String(pattern), () => pattern.exec(this.#shown) ?? undefined);
  }

  /** Closes the terminal; resolves to the exit code, negative for a signal. */
  async close(): Promise<number> {
    this.#child.stdin.write('\n');
    return Number((await this.shows(/\nended (-?\d+)\n/))[1]);
  }
}

async function scene(t: TestContext) {
  const cwd = temporaryFolder(t);
  const application = new Application(join(cwd, 'app.db'));
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)');
  // Only a last sync sends what follows the first change at once.
  const replica = `{path: ${cwd}/replica, sync-interval: 1h}`;
  writeFileSync(join(cwd, 'c.yml'), `dbs: [{path: ${cwd}/app.db, replica: ${replica}}]\n`);
  const restoredRows = async () => {
    const { code, stderr } = await litestream(['restore', '-o', 'copy.db', `file://${cwd}/replica`], { cwd });
    assert.equal(code, 0, stderr);
    await using copy = new Application(join(cwd, 'copy.db'));
    return (await copy.run('select x from t')).flat();
  };
  return { cwd, application, restoredRows };
}

test('SIGHUP has a process on a terminal read its config file, and ends it after a last sync when the terminal is closed', async (t) => {
  const { cwd, application, restoredRows } = await scene(t);
  const terminal = new OnTerminal(t, cwd, 'replicate', '-config', 'c.yml');
  await terminal.shows(/read the whole database/);
  process.kill(terminal.pid, 'SIGHUP');
  await terminal.shows(/config file reloaded/);
  for (const row of [1, 2, 3]) await application.run(`insert into t values (${row})`);
  assert.equal(await terminal.close(), -1, 'ended by the signal');
  assert.deepEqual(await restoredRows(), [1, 2, 3]);
});

test('SIGHUP ends a process without a config file after a last sync', async (t) => {
  const { cwd, application, restoredRows } = await scene(t);
  const terminal = new OnTerminal(t, cwd, 'replicate', 'app.db', `file://${cwd}/replica`);
  await terminal.shows(/read the whole database/);
  for (const row of [1, 2, 3]) await application.run(`insert into t values (${row})`);
  process.kill(terminal.pid, 'SIGHUP');
  await terminal.shows(/msg=stopping signal=SIGHUP[\s\S]*msg=stopped/);
  assert.equal(await terminal.close(), -1);
  assert.deepEqual(await restoredRows(), [1, 2, 3]);
});
