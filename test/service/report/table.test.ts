import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../../../src/service/report/table.ts';

test('formatTable aligns columns, numbers to the right, without blanks at line ends', () => {
  const table = formatTable(
    ['name', 'size', 'note'],
    [
      ['a', '5', ''],
      ['longer', '1000', 'x'],
    ],
  );
  assert.equal(table, 'name    size  note\na          5\nlonger  1000  x');
});

test('formatTable without rows is its head', () => {
  assert.equal(formatTable(['a', 'b'], []), 'a  b');
});
