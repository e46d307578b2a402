import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectGarbage } from '../../../src/runtime/collect-garbage.ts';
import { Leftovers } from '../../../src/service/shard/leftovers.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';

function scene() {
  const clock = new SteppedClock();
  let collections = 0;
  const collect = async () => {
    collections += 1;
  };
  const leftovers = new Leftovers(collect, { clock });
  const note = (count: number) => {
    for (let i = 0; i < count; i++) leftovers.note();
  };
  return { clock, leftovers, note, collections: () => collections };
}

describe('Leftovers', () => {
  it('are collected once, when many have ended and no more end', async () => {
    const { clock, note, collections } = scene();
    for (let i = 0; i < 20; i++) {
      note(100);
      await clock.advance(1_000);
    }
    assert.equal(collections(), 0, 'they are ending');
    await clock.advance(5_000);
    assert.equal(collections(), 1);
    await clock.advance(60_000);
    note(499);
    await clock.advance(60_000);
    assert.equal(collections(), 1, 'few have ended since');
    note(1);
    await clock.advance(5_000);
    assert.equal(collections(), 2);
  });

  it('are not collected while databases change', async () => {
    const { clock, leftovers, note, collections } = scene();
    note(600);
    for (let i = 0; i < 20; i++) {
      leftovers.putOff();
      await clock.advance(1_000);
    }
    assert.equal(collections(), 0);
    await clock.advance(5_000);
    assert.equal(collections(), 1);
  });

  it('are left after the end', async () => {
    const { clock, leftovers, note, collections } = scene();
    note(1_000);
    leftovers.close();
    await clock.advance(60_000);
    assert.equal(collections(), 0);
  });
});

describe('collectGarbage', () => {
  it('frees what nobody holds', async () => {
    const held = new WeakRef({});
    await new Promise(setImmediate); // a weak reference holds on until the end of its turn
    await collectGarbage();
    assert.equal(held.deref(), undefined);
  });
});
