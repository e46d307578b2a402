import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandWords } from '../../cmd/command-words.ts';
import { UsageError } from '../../cmd/usage-error.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

test('commandWords splits as a shell does', () => {
  const lines = [
    'node server.js --port 80',
    `  sh -c 'echo "a b"  $HOME' `,
    String.raw`a\ b "c \"d\" \\ e" f'g'"h" '' ""`,
    'x\ty\nz',
    'a=1 -b="c d"',
  ];
  for (const line of lines) {
    const shell = execFileSync('sh', [
      '-c',
      `for word in ${line.replaceAll('\n', ' ')}; do printf '%s\\0' "$word"; done`,
    ]);
    assert.deepEqual(commandWords(line), shell.toString().split('\0').slice(0, -1), line);
  }
});

test('commandWords gives quoted words back', () => {
  const words = fc.array(fc.string(), { minLength: 1 }).filter(([file]) => file !== '');
  fc.assert(
    fc.property(words, (list) => {
      const line = list.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ');
      assert.deepEqual(commandWords(line), list);
    }),
    { seed },
  );
});

test('commandWords refuses what a shell would wait for, and nothing at all', () => {
  for (const line of ["node 'x", 'node "x', 'node x\\', '', '  ', "'' x"]) {
    assert.throws(() => commandWords(line), UsageError, line);
  }
});
