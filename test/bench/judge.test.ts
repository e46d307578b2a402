import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from './judge.ts';
import { quantile, spreadOf } from './statistics.ts';

describe('judge', () => {
  const measured = { wallSeconds: spreadOf([14, 11, 10]), throughputRatio: spreadOf([0.94, 0.95, 0.97]) };

  it('goes by the median, not by the best or the worst round', () => {
    assert.deepEqual(judge([{ measure: 'wallSeconds', below: 12 }], measured), [
      { measure: 'wallSeconds', promised: 'below 12', median: 11, state: 'kept' },
    ]);
    assert.equal(judge([{ measure: 'wallSeconds', below: 11 }], measured)[0]!.state, 'broken');
    assert.equal(judge([{ measure: 'wallSeconds', atMost: 11 }], measured)[0]!.state, 'kept');
  });

  it('takes a limit from below as kept when it is just reached', () => {
    assert.equal(judge([{ measure: 'throughputRatio', atLeast: 0.95 }], measured)[0]!.state, 'kept');
    assert.equal(judge([{ measure: 'throughputRatio', atLeast: 0.96 }], measured)[0]!.state, 'broken');
  });

  it('counts what was not measured as broken', () => {
    assert.equal(judge([{ measure: 'peakMegabytes', below: 200 }], measured)[0]!.state, 'broken');
    assert.equal(judge([{ measure: 'peakMegabytes', atLeast: 0 }], measured)[0]!.state, 'broken');
  });

  it('excuses what a machine lacks, and says what that is', () => {
    assert.deepEqual(judge([{ measure: 'fileFsyncs', atLeast: 1, needs: 'strace' }], measured), [
      { measure: 'fileFsyncs', promised: 'at least 1, which takes strace', median: null, state: 'not measured' },
    ]);
  });

  it('compares with the other program round by round', () => {
    const quick = { name: 'quick', measured: { wallSeconds: spreadOf([28, 44, 39]) } };
    const slow = { name: 'slow', measured: { wallSeconds: spreadOf([28, 44, 60]) } };
    const promises = [{ measure: 'wallSeconds', timesLess: 4, published: 12 }];
    assert.deepEqual(judge(promises, measured, slow), [
      { measure: 'wallSeconds', promised: 'ratio to slow at most 1/4', median: 0.25, state: 'kept' },
    ]);
    assert.equal(judge(promises, measured, quick)[0]!.state, 'broken');
  });

  it('says that no other program was there, and takes the same part of what is published for it', () => {
    const verdicts = judge([{ measure: 'wallSeconds', timesLess: 4, published: 12 }], measured);
    assert.deepEqual(
      verdicts.map(({ median, state }) => [median, state]),
      [
        [null, 'not measured'],
        [11, 'broken'],
      ],
    );
    assert.match(verdicts[1]!.promised, /^at most 3,/);
  });
});

describe('quantile', () => {
  it('interpolates between neighbours, whatever the order', () => {
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
    assert.equal(quantile([30, 10, 20], 0.95), 29);
    assert.equal(quantile([7], 0.95), 7);
  });
});
