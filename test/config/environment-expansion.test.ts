import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandEnvironment } from '../../src/config/environment-expansion.ts';

test('expandEnvironment puts in variables and the process id, and names the missing ones once', () => {
  const variables = { HOME: '/root', a_1: 'x$HOME', EMPTY: '' };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax under test
  const { text, missing } = expandEnvironment('$HOME/${HOME}x $PID ${a_1} [$EMPTY] $NO ${NO}$OTHER', variables, 42);
  assert.equal(text, '/root//rootx 42 x$HOME []  ');
  assert.deepEqual(missing, ['NO', 'OTHER']);
});

test('expandEnvironment leaves other dollar signs alone', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax under test
  const text = 'costs $5, $$, a$, ${}, ${a-b}, $-';
  assert.deepEqual(expandEnvironment(text, {}, 1), { text, missing: [] });
});
