import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { LinkedSignal } from '../../src/runtime/linked-signal.ts';

test('LinkedSignal aborts with the first of its signals, and with its reason', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  using linked = LinkedSignal.of(one.signal, undefined, two.signal);
  assert.equal(linked.signal.aborted, false);
  two.abort(new Error('two'));
  one.abort(new Error('one'));
  assert.match(String(linked.signal.reason), /two/);
});

test('LinkedSignal begins aborted when one of its signals is', () => {
  using linked = LinkedSignal.of(new AbortController().signal, AbortSignal.abort(new Error('before')));
  assert.match(String(linked.signal.reason), /before/);
});

test('LinkedSignal leaves nothing on its signals, and does not abort any more', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const linked = LinkedSignal.of(signal);
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  linked[Symbol.dispose]();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  controller.abort();
  assert.equal(linked.signal.aborted, false);
});
