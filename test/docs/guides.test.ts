import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { projectRoot } from '../support/project-root.ts';
import { S3Server } from '../support/s3-server.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));
const endOfBlock = '-- end of a block --';

/** Commands that a guide has its readers run, and what it says they print. */
interface GuideBlock {
  readonly commands: string;
  readonly printed: string | undefined;
}

/** The blocks marked `sh test`, each with the block of `text` right behind it. */
function blocksOf(text: string): GuideBlock[] {
  const found = [...text.matchAll(/^```sh test\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)];
  return found.map(([, commands = '', printed]) => ({ commands, printed }));
}

/** Files that a guide has its readers write: blocks marked with `file=`. */
function filesOf(text: string): (readonly [name: string, content: string])[] {
  const found = text.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```\n/gm);
  return [...found].map(([, name = '', content = '']) => [name, content] as const);
}

interface Place {
  readonly cwd: string;
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** Runs the blocks in one shell, as a reader would; resolves to what each printed. */
async function run(t: TestContext, blocks: readonly GuideBlock[], { cwd, variables }: Place): Promise<string[]> {
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'litestream'), `#!/bin/sh\nexec ${process.execPath} ${entryPath} "$@"\n`);
  chmodSync(join(bin, 'litestream'), 0o755);
  const script = blocks.map(({ commands }) => `${commands}echo '${endOfBlock}'\n`).join('');
  const child = spawn('bash', ['-e', '-m', '-c', script], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: cwd, TZ: 'UTC', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killAll = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {} // nothing of it is left
  };
  t.after(killAll);
  // What a failed block leaves running in the background has our pipes open.
  child.once('exit', (code) => code !== 0 && killAll());
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

/** Holds what the blocks of a guide print against what it says they print. */
async function check(t: TestContext, guide: string, place: Place): Promise<void> {
  const text = readFileSync(join(projectRoot, 'docs', guide), 'utf8');
  const blocks = blocksOf(text);
  assert.ok(blocks.length >= 2);
  for (const [name, content] of filesOf(text)) writeFileSync(join(place.cwd, name), content);
  const printed = await run(t, blocks, place);
  for (const [i, block] of blocks.entries()) {
    if (block.printed !== undefined) assert.equal(printed[i]!.trimEnd(), block.printed.trimEnd(), block.commands);
  }
}

describe('What a guide has its readers run prints what it says', { concurrency: 2, timeout: 170_000 }, () => {
  for (const guide of ['getting-started.md', 'guides/disaster-drill.md', 'guides/many-tenants.md']) {
    it(guide, (t) => check(t as TestContext, guide, { cwd: temporaryFolder(t as TestContext) }));
  }

  it('guides/s3.md, with the server of the tests', async (t) => {
    await using server = await S3Server.start();
    const { accessKeyId, secretAccessKey } = server.credentials;
    await check(t as TestContext, 'guides/s3.md', {
      cwd: temporaryFolder(t as TestContext),
      variables: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        REPLICA: server.url('app'),
      },
    });
  });

  it('guides/node.md, whose program also passes a type checker', async (t) => {
    const cwd = temporaryFolder(t as TestContext);
    const modules = join(cwd, 'node_modules');
    mkdirSync(join(modules, '@types'), { recursive: true });
    symlinkSync(projectRoot, join(modules, 'litestream-sidecar'));
    for (const name of ['better-sqlite3', '@types/better-sqlite3', '@types/node', 'undici-types']) {
      symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name));
    }
    await check(t as TestContext, 'guides/node.md', { cwd });
    const flags = '--checkJs --noEmit --strict --module nodenext --target es2023 --types node --skipLibCheck';
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags.split(' '), 'service.mjs'], { cwd });
    assert.equal(status, 0, String(stdout));
  });
});
