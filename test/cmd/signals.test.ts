import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../../cmd/command-error.ts';
import { StopSignals } from '../../cmd/signals.ts';

function scene() {
  let nowMs = 0;
  const exits: number[] = [];
  const listeners = new Map<string, () => void>();
  const source = {
    on: (name: string, listener: () => void) => listeners.set(name, listener),
    off: (name: string) => listeners.delete(name),
    exit: (code: number) => exits.push(code),
  };
  const signals = StopSignals.listen(source, () => nowMs);
  const at = (timeMs: number, name: string) => {
    nowMs = timeMs;
    listeners.get(name)!();
  };
  return { signals, exits, listeners, at };
}

test('StopSignals aborts at the first signal and takes one that follows at once for the same request', () => {
  for (const name of ['SIGINT', 'SIGTERM']) {
    const { signals, exits, listeners, at } = scene();
    assert.equal(signals.signal.aborted, false);
    at(5000, name);
    assert.equal(signals.signal.aborted, true);
    assert.equal(signals.received, name);
    assert(signals.signal.reason instanceof CommandError);
    assert.match(signals.signal.reason.message, new RegExp(`stopped by ${name}`));
    at(5001, name);
    at(5249, 'SIGTERM');
    assert.deepEqual(exits, []);
    signals.close();
    assert.equal(listeners.size, 0);
  }
});

test('StopSignals ends the process at a second request, with the code of its signal', () => {
  const { exits, at } = scene();
  at(0, 'SIGINT');
  at(250, 'SIGINT');
  at(9000, 'SIGTERM');
  assert.deepEqual(exits, [130, 143]);
});
