import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globExpression, isGlob } from '../../src/config/glob.ts';

const matches = (glob: string, text: string) => globExpression(glob).test(text);

const seed = Date.now();
console.log(`seed ${seed}`);

test('globExpression keeps * and ? within a name', () => {
  assert.ok(matches('*.db', 'app.db'));
  assert.ok(matches('*.db', '.hidden.db'));
  assert.ok(!matches('*.db', 'a/app.db'));
  assert.ok(!matches('*.db', 'app.db2'));
  assert.ok(matches('app-?.db', 'app-1.db'));
  assert.ok(!matches('a?b', 'a/b'));
  assert.ok(matches('*/*.db', 'a/app.db'));
});

test('globExpression spans folders with ** only', () => {
  for (const path of ['app.db', 'a/app.db', 'a/b/app.db']) assert.ok(matches('**/*.db', path), path);
  assert.ok(matches('a/**', 'a/b/c'));
  assert.ok(matches('a/**/c.db', 'a/c.db'));
  assert.ok(!matches('a/**/c.db', 'a/bc.db'));
});

test('globExpression knows sets and backslashes', () => {
  assert.ok(matches('[a-c].db', 'b.db'));
  assert.ok(!matches('[!a-c].db', 'b.db'));
  assert.ok(!matches('[^a-c].db', 'b.db'));
  assert.ok(matches('[]x].db', '].db'));
  assert.ok(!matches('a[^b]c', 'a/c'));
  assert.ok(matches('\\*.db', '*.db'));
  assert.ok(!matches('\\*.db', 'x.db'));
});

test('globExpression takes a text without wildcards as itself', () => {
  const plain = fc.string({ minLength: 1 }).filter((text) => !isGlob(text) && !text.includes('\\'));
  fc.assert(
    fc.property(plain, plain, (glob, other) => {
      assert.ok(matches(glob, glob));
      assert.equal(matches(glob, other), glob === other);
    }),
    { seed },
  );
});
