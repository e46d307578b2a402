import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from '../../cmd/progress.ts';
import { loggerFrom } from '../../src/runtime/logger.ts';

function progress(isTerminal: boolean) {
  let nowMs = 0;
  const written: string[] = [];
  const logged: unknown[] = [];
  const logger = loggerFrom((_, message, fields) => logged.push([message, fields]));
  const services = { write: (text: string) => written.push(text), logger, monotonic: () => nowMs };
  const shown = new Progress({ act: 'restore', isTerminal }, services);
  const at = (timeMs: number, doneBytes: number, totalBytes = 10_000_000) => {
    nowMs = timeMs;
    shown.report(doneBytes, totalBytes);
  };
  return { shown, written, logged, at };
}

test('Progress draws a bar on a terminal, at most ten times a second, and clears it', () => {
  const { shown, written, logged, at } = progress(true);
  at(0, 0);
  at(50, 1_000_000);
  at(500, 5_000_000);
  at(1000, 20_000_000);
  shown.end();
  shown.end();
  assert.equal(logged.length, 0);
  assert.equal(written.length, 4);
  assert.match(written[1]!, /^\rrestore \[={15} {15}\] {2}50% {2}5\.0 MB of 10 MB {2}10 MB\/s/);
  assert.match(written[2]!, /\[={30}\] 100%/);
  assert.equal(written[3], '\r\u001b[K');
});

test('Progress logs a line every ten seconds where there is no terminal', () => {
  const { shown, written, logged, at } = progress(false);
  for (let second = 0; second <= 25; second++) at(second * 1000, second * 100_000);
  shown.end();
  assert.equal(written.length, 0);
  assert.deepEqual(logged, [
    ['restore goes on', { percent: '10%', done: '1.0 MB of 10 MB', speed: '100 kB/s' }],
    ['restore goes on', { percent: '20%', done: '2.0 MB of 10 MB', speed: '100 kB/s' }],
  ]);
});

test('Progress of nothing is complete', () => {
  const { written, at } = progress(true);
  at(0, 0, 0);
  assert.match(written[0]!, /100%/);
});
