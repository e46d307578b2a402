import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configFlags, count, duration, jsonFlag, text, toggle, txid } from '../../cmd/flag.ts';
import { parseArguments } from '../../cmd/parse-arguments.ts';
import { UsageError } from '../../cmd/usage-error.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

const flags = {
  ...configFlags,
  ...jsonFlag,
  o: text('PATH', ''),
  f: toggle(''),
  exec: text('CMD', ''),
  txid: txid(''),
  parallelism: count('NUM', ''),
  'max-age': duration(''),
};
const parse = (...argv: string[]) => parseArguments('restore', flags, argv);

test('parseArguments takes one dash or two, values apart or attached, and words anywhere', () => {
  const { flags: given, words } = parse('a', '-config', 'x', '--o=y=z', 'b', '-json', '--no-expand-env', '-f', 'c');
  assert.deepEqual(words, ['a', 'b', 'c']);
  assert.deepEqual(
    [given.config, given.o, given.json, given['no-expand-env'], given.f, given.exec],
    ['x', 'y=z', true, true, true, undefined],
  );
});

test('parseArguments keeps toggles and words apart', () => {
  assert.deepEqual(parse('-json', 'false').words, ['false']);
  assert.deepEqual(
    [parse('-json=false').flags.json, parse('--json=T').flags.json, parse().flags.json],
    [false, true, false],
  );
});

test('parseArguments keeps values as they stand', () => {
  assert.equal(parse('-exec', '-x "y z" --json').flags.exec, '-x "y z" --json');
  assert.equal(parse('-o', '-').flags.o, '-');
  assert.equal(parse('-o', '0012').flags.o, '0012');
  assert.equal(parse('-o', 'a', '-o', 'b').flags.o, 'b');
  assert.deepEqual(parse('-', '--', '-json', '--').words, ['-', '-json', '--']);
  assert.equal(parse('-txid', '000000000000000a').flags.txid, 10n);
  assert.equal(parse('-max-age', '5m').flags['max-age'], 300_000);
});

test('parseArguments names the flag, what was found and a way out', () => {
  const refused = (argv: string[], code: string, message: RegExp, hint: RegExp) =>
    assert.throws(
      () => parse(...argv),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  refused(['-confg', 'x'], 'unknown-flag', /-confg: litestream restore has no such flag/, /did you mean -config/);
  refused(['--zzzz'], 'unknown-flag', /-zzzz/, /litestream help restore lists all flags/);
  refused(['-fo', 'x'], 'unknown-flag', /-fo/, /did you mean -f|did you mean -o/);
  refused(['-__proto__'], 'unknown-flag', /-__proto__/, /help restore/);
  refused(['-constructor', 'x'], 'unknown-flag', /-constructor/, /help restore/);
  refused(['-o'], 'invalid-flag', /-o: its value is missing/, /write -o PATH/);
  refused(['-o', '-json', 'x'], 'invalid-flag', /-o: its value is missing/, /write -o PATH/);
  refused(['-o='], 'invalid-flag', /-o: "" is not a text/, /write -o PATH/);
  refused(['-json=maybe'], 'invalid-flag', /-json: "maybe" is not true or false/, /write -json/);
  refused(['-txid', '12'], 'invalid-flag', /-txid: "12" is not a TXID of 16 hexadecimal digits/, /write -txid TXID/);
  refused(['-txid', '0000000000000000'], 'invalid-flag', /-txid/, /write -txid TXID/);
  refused(['-parallelism', '0'], 'invalid-flag', /-parallelism: "0" is not a whole number/, /NUM/);
  refused(['-max-age', '5'], 'invalid-flag', /-max-age: "5" is not a duration with its unit/, /DURATION/);
});

test('parseArguments gives any value and any words back', () => {
  const word = fc.string({ minLength: 1 }).filter((candidate) => !candidate.startsWith('-'));
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.array(word), fc.nat(), (value, words, at) => {
      const place = at % (words.length + 1);
      const { flags: given, words: got } = parse(...words.slice(0, place), `-o=${value}`, ...words.slice(place));
      assert.equal(given.o, value);
      assert.deepEqual(got, words);
    }),
    { seed },
  );
});
