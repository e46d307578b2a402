import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { commands } from '../../cmd/command-list.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';

const scripts: Record<string, string> = {};

before(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await litestream(['completion', shell]);
    assert.deepEqual([code, stderr], [0, '']);
    scripts[shell] = stdout;
  }
});

/** What bash offers after a line, in a folder. */
function offered(line: string, cwd: string): string[] {
  const words = line.split(' ');
  const program = [
    scripts.bash,
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_litestream',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const printed = execFileSync('bash', ['-c', program], { cwd, encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

test('bash completes commands, flags, values and files', (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'app.db'), '');
  mkdirSync(join(cwd, 'apps'));
  writeFileSync(join(cwd, 'two words.db'), '');
  const shown = Object.entries(commands).flatMap(([name, { hidden }]) => (hidden ? [] : [name]));
  assert.deepEqual(offered('litestream ', cwd).sort(), [...shown, 'help'].sort());
  assert.deepEqual(offered('litestream re', cwd).sort(), ['register', 'replicate', 'reset', 'restore']);
  assert.deepEqual(offered('litestream help sy', cwd), ['sync']);
  assert.deepEqual(offered('litestream sync -w', cwd), ['-wait']);
  assert.deepEqual(offered('litestream replicate -log-level wa', cwd), ['warn']);
  assert.deepEqual(offered('litestream restore -o app', cwd).sort(), ['app.db', 'apps']);
  assert.deepEqual(offered('litestream restore -integrity-check q', cwd), ['quick']);
  assert.deepEqual(offered('litestream replicate two', cwd), ['two words.db']);
  assert.deepEqual(offered('litestream nothing -x', cwd), []);
});

test('the scripts of zsh and fish name every command and every flag, and quote what has to be', async () => {
  for (const [name, { load, hidden }] of Object.entries(commands)) {
    if (hidden) continue;
    const { flags } = await load();
    assert.match(scripts.zsh!, new RegExp(`^    ${name}\\)$`, 'm'));
    assert.match(scripts.fish!, new RegExp(`-f -a ${name} -d `));
    for (const flag of Object.keys(flags)) {
      assert.match(scripts.fish!, new RegExp(`__fish_seen_subcommand_from ${name}' -o ${flag}( |$)`, 'm'));
      assert.ok(scripts.zsh!.includes(`'-${flag}[`), flag);
    }
  }
  for (const shell of ['zsh', 'fish']) {
    for (const line of scripts[shell]!.split('\n')) {
      // In both, as in bash, a quote within quotes is '\''; so quotes come in pairs.
      assert.equal(line.replaceAll("'\\''", '').split("'").length % 2, 1, `${shell}: ${line}`);
    }
  }
});

test('completion refuses other shells', async () => {
  const { code, stderr } = await litestream(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /^Error: Cannot run completion: tcsh is none of bash, zsh, fish\nHint: /);
});

test('the manual page has every command and flag, and is without a fault to the formatter', async (t) => {
  const { stdout } = await litestream(['man']);
  for (const [name, { load, hidden }] of Object.entries(commands)) {
    if (hidden) continue;
    assert.match(stdout, new RegExp(`^\\.SS ${name}$`, 'm'));
    for (const flag of Object.keys((await load()).flags)) {
      assert.ok(stdout.includes(`\n.BI \\-${flag.replaceAll('-', '\\-')}`), flag);
    }
  }
  const {
    error,
    status,
    stderr,
    stdout: page,
  } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], {
    input: stdout,
    encoding: 'utf8',
  });
  if (error !== undefined) return t.diagnostic('no groff here: the page was not formatted');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(page, /replicate/);
  return undefined;
});
