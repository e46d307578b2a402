import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { projectRoot } from '../support/project-root.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));
const endOfBlock = '-- end of a block --';

/** Commands that a guide has its readers run, and what it says they print. */
interface GuideBlock {
  readonly commands: string;
  readonly printed: string | undefined;
}

/** The blocks marked `sh test`, each with the block of `text` right behind it. */
function blocksOf(guide: string): GuideBlock[] {
  const text = readFileSync(join(projectRoot, 'docs', guide), 'utf8');
  const found = [...text.matchAll(/^```sh test\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)];
  return found.map(([, commands = '', printed]) => ({ commands, printed }));
}

/** Runs the blocks in one shell, as a reader would; resolves to what each printed. */
async function run(t: TestContext, blocks: readonly GuideBlock[]): Promise<string[]> {
  const cwd = temporaryFolder(t);
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'litestream'), `#!/bin/sh\nexec ${process.execPath} ${entryPath} "$@"\n`);
  chmodSync(join(bin, 'litestream'), 0o755);
  const script = blocks.map(({ commands }) => `${commands}echo '${endOfBlock}'\n`).join('');
  const child = spawn('bash', ['-e', '-m', '-c', script], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: cwd, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  t.after(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {} // nothing of it is left
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout.split(`${endOfBlock}\n`);
}

for (const guide of ['getting-started.md']) {
  test(`what ${guide} has its readers run prints what it says`, { timeout: 120_000 }, async (t) => {
    const blocks = blocksOf(guide);
    assert.ok(blocks.length >= 5);
    const printed = await run(t, blocks);
    for (const [i, block] of blocks.entries()) {
      if (block.printed !== undefined) assert.equal(printed[i]!.trimEnd(), block.printed.trimEnd(), block.commands);
    }
  });
}
