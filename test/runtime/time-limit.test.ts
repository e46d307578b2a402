import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TimeLimit } from '../../src/runtime/time-limit.ts';

describe('a time limit', () => {
  it('ends what nothing else would end, whatever the collector takes', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const collecting = setInterval(collect, 10);
    try {
      using limit = new TimeLimit(100, new AbortController().signal);
      await once(limit.signal, 'abort', { signal: AbortSignal.timeout(10_000) });
      assert.equal((limit.signal.reason as Error).name, 'TimeoutError');
    } finally {
      clearInterval(collecting);
    }
  });

  it('ends with the other signals, for their reason', () => {
    const other = new AbortController();
    using limit = new TimeLimit(60_000, undefined, other.signal);
    other.abort('enough');
    assert.equal(limit.signal.reason, 'enough');
  });

  it('is over when it is disposed of', async () => {
    const limit = new TimeLimit(1);
    limit[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(limit.signal.aborted, false);
  });
});
