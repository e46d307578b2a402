import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from './judge.ts';
import { quantile, spreadOf } from './statistics.ts';

describe('judge', () => {
  const measured = { wallSeconds: spreadOf([14, 11, 10]), throughputRatio: spreadOf([0.94, 0.95, 0.97]) };

  it('goes by the median, not by the best or the worst round', () => {
    assert.deepEqual(judge([{ measure: 'wallSeconds', below: 12 }], measured), [
      { measure: 'wallSeconds', promised: 'below 12', median: 11, kept: true },
    ]);
    assert.equal(judge([{ measure: 'wallSeconds', below: 11 }], measured)[0]!.kept, false);
  });

  it('takes a limit from below as kept when it is just reached', () => {
    assert.equal(judge([{ measure: 'throughputRatio', atLeast: 0.95 }], measured)[0]!.kept, true);
    assert.equal(judge([{ measure: 'throughputRatio', atLeast: 0.96 }], measured)[0]!.kept, false);
  });

  it('counts what was not measured as broken', () => {
    assert.equal(judge([{ measure: 'peakMegabytes', below: 200 }], measured)[0]!.kept, false);
    assert.equal(judge([{ measure: 'peakMegabytes', atLeast: 0 }], measured)[0]!.kept, false);
  });
});

describe('quantile', () => {
  it('interpolates between neighbours, whatever the order', () => {
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
    assert.equal(quantile([30, 10, 20], 0.95), 29);
    assert.equal(quantile([7], 0.95), 7);
  });
});
