import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearestName } from '../../src/config/nearest-name.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

test('nearestName finds the name that was meant', () => {
  const names = ['replicate', 'restore', 'reset', 'status', 'databases'];
  assert.equal(nearestName('replciate', names), 'replicate');
  assert.equal(nearestName('RESTORE', names), 'restore');
  assert.equal(nearestName('rest', names), 'reset');
  assert.equal(nearestName('database', names), 'databases');
  assert.equal(nearestName('frobnicate', names), undefined);
  assert.equal(nearestName('x', []), undefined);
});

test('editDistance is symmetric, 0 only for equal texts, and 1 for one slip', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
      assert.equal(editDistance(left, right), editDistance(right, left));
      assert.equal(editDistance(left, right) === 0, left === right);
    }),
    { seed },
  );
  for (const slip of ['patern', 'patttern', 'pattren', 'pattorn']) assert.equal(editDistance('pattern', slip), 1, slip);
});
