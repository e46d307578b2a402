import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LevelFiles } from '../../../src/engine/levels/level-files.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';

interface Entry {
  readonly min: number;
  readonly max: number;
  readonly size: number;
  readonly time: number | undefined;
}

const entries: fc.Arbitrary<Entry> = fc
  .record({
    min: fc.integer({ min: 1, max: 30 }),
    length: fc.integer({ min: 0, max: 8 }),
    size: fc.nat(1000),
    time: fc.option(fc.nat(1000), { nil: undefined }),
  })
  .map(({ min, length, size, time }) => ({ min, max: min + length, size, time }));

function fileOf({ min, max, size }: Entry) {
  return { level: 1, minTxid: toTxid(min), maxTxid: toTxid(max), sizeBytes: size } as const;
}

test('LevelFiles equals a sorted list that files are added to and removed from', () => {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  const steps = fc.array(fc.record({ entry: entries, isRemoval: fc.boolean() }), { maxLength: 80 });
  const property = fc.property(steps, (all) => {
    const files = new LevelFiles(1);
    let model: Entry[] = [];
    for (const { entry, isRemoval } of all) {
      const known = model.find(({ min, max }) => min === entry.min && max === entry.max);
      model = model.filter((other) => other !== known);
      if (isRemoval) files.remove([fileOf(entry)]);
      else {
        const facts = entry.time === undefined ? undefined : { timestampMs: entry.time, epoch: entry.time + 1 };
        files.add(fileOf(entry), facts);
        model.push({ ...entry, time: entry.time ?? known?.time });
      }
      model.sort((a, b) => a.max - b.max || a.min - b.min);
      assert.equal(files.length, model.length);
      assert.equal(files.newestTxid, BigInt(model.at(-1)?.max ?? 0));
      for (const [i, one] of model.entries()) {
        assert.deepEqual(files.at(i), fileOf(one));
        assert.deepEqual(
          files.facts(i),
          one.time === undefined ? undefined : { timestampMs: one.time, epoch: one.time + 1 },
        );
      }
      for (const txid of [0, 5, entry.max, 50]) {
        const past = model.findIndex(({ max }) => max > txid);
        assert.equal(files.firstPast(toTxid(txid)), past === -1 ? model.length : past);
      }
    }
  });
  fc.assert(property, { seed, numRuns: 200 });
});
