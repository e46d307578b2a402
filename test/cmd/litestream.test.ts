import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';

const all = (lines: string[]) =>
  Promise.all(lines.map((line) => litestream(line.split(' ').filter((word) => word !== ''))));

test('litestream version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const [plain, json, long, flag] = await all(['version', 'version -json', 'version --verbose', '--version']);
  assert.deepEqual(plain, { code: 0, stdout: `v${version}\n`, stderr: '' });
  assert.deepEqual(JSON.parse(json!.stdout), { version: `v${version}` });
  assert.match(long!.stdout, new RegExp(`^Version: +v${version}\nNode: +${process.version}\n`));
  assert.equal(flag!.stdout, plain!.stdout);
});

test('litestream without a command prints the overview to stderr and exits with 2, help to stdout with 0', async () => {
  const [none, ...asked] = await all(['', 'help', '-h', '--help', '-help']);
  assert.deepEqual([none!.code, none!.stdout], [2, '']);
  for (const result of asked) assert.deepEqual(result, { code: 0, stdout: none!.stderr, stderr: '' });
  for (const name of ['replicate', 'restore', 'status', 'sync']) assert.match(none!.stderr, new RegExp(`\n  ${name} `));
});

test('litestream help COMMAND, COMMAND -h and COMMAND --help print the same help, with flags and examples', async () => {
  const names = ['databases', 'ltx', 'replicate', 'reset', 'restore', 'status', 'version'];
  const results = await all(names.flatMap((name) => [`help ${name}`, `${name} -h`, `${name} x --nonsense --help`]));
  for (const [index, name] of names.entries()) {
    const [help, short, long] = results.slice(index * 3, index * 3 + 3);
    assert.deepEqual([help!.code, help!.stderr], [0, '']);
    assert.deepEqual(short, help);
    assert.deepEqual(long, help);
    assert.match(help!.stdout, new RegExp(`^The ${name} command `));
    assert.match(help!.stdout, new RegExp(`\nUsage:\n\n {2}litestream ${name} `));
    assert.match(help!.stdout, new RegExp(`\nExamples:\n\n {2}# .*\n {2}\\$ litestream ${name}`));
    assert.ok(Math.max(...help!.stdout.split('\n').map((line) => line.length)) < 120);
  }
});

test('litestream exits with 2 and a hint for what it does not know', async () => {
  const cases: [string, RegExp, RegExp][] = [
    ['replciate', /Cannot run replciate: there is no such command/, /did you mean litestream replicate/],
    ['frobnicate', /Cannot run frobnicate/, /litestream help lists all commands/],
    ['constructor', /Cannot run constructor: there is no such command/, /help/],
    ['help nothing', /Cannot run nothing/, /help/],
    ['-config x replicate', /Cannot use -config: flags go after the command/, /COMMAND/],
    ['restore -timestmp now x', /Cannot use flag -timestmp/, /did you mean -timestamp/],
    ['restore -timestamp soon x', /Cannot use flag -timestamp: "soon" is not an RFC 3339 time/, /-timestamp TIME/],
    ['status -max-age 5 x', /Cannot use flag -max-age: "5" is not a duration/, /-max-age DURATION/],
    ['ltx -level 10 x', /Cannot use flag -level: "10" is not a level from 0 to 9, or all/, /-level LEVEL/],
    ['ltx', /Cannot run ltx: a database path or replica URL is missing/, /litestream ltx/],
    ['ltx a b', /Cannot run ltx: b is more than it takes/, /litestream ltx/],
    ['version x', /Cannot run version: x is more than it takes/, /help version/],
    ['restore -integrity-check slow x', /-integrity-check: "slow" is not one of none, quick, full/, /MODE/],
  ];
  const results = await all(cases.map(([line]) => line));
  for (const [index, [line, message, hint]] of cases.entries()) {
    const { code, stdout, stderr } = results[index]!;
    assert.deepEqual([code, stdout], [2, ''], line);
    const [error = '', way = '', ...more] = stderr.trimEnd().split('\n');
    assert.deepEqual(more, [], `${line}: ${stderr}`);
    assert.match(error, message);
    assert.match(error, /^Error: /);
    assert.match(way, /^Hint: /);
    assert.match(way, hint);
  }
});

test('litestream shows a stack only when LITESTREAM_DEBUG is set', async () => {
  const [plain, debug] = await Promise.all([
    litestream(['frobnicate']),
    litestream(['frobnicate'], { env: { LITESTREAM_DEBUG: '1' } }),
  ]);
  assert.doesNotMatch(plain.stderr, / at /);
  assert.match(debug.stderr, /UsageError: .*\n +at /);
});
