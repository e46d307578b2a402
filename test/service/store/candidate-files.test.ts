import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/runtime/clock.ts';
import { CandidateFiles } from '../../../src/service/store/candidate-files.ts';
import { AttachedFiles } from '../../../src/sqlite/attached-files.ts';
import { inspectFoundDatabase } from '../../../src/sqlite/inspect-database.ts';
import { recordingLogger } from '../recording-logger.ts';

test('CandidateFiles looks at a file again when it changed, or had no time to settle, and speaks of it once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'candidates-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'text.db');
  const { logger, lines } = recordingLogger();
  const attached = new AttachedFiles();
  let nowMs = Date.now();
  let looks = 0;
  const candidates = new CandidateFiles({
    logger,
    clock: { ...systemClock, now: () => nowMs },
    inspect: async (paths) => {
      looks += paths.length;
      return paths.map((each) => inspectFoundDatabase(each, attached));
    },
  });
  const looksFor = async (act: () => void): Promise<number> => {
    act();
    const before = looks;
    assert.deepEqual(await candidates.databasesAmong([path]), []);
    return looks - before;
  };
  assert.equal(await looksFor(() => writeFileSync(path, 'text')), 1);
  assert.deepEqual(candidates.unsettled, [path]);
  assert.equal(await looksFor(() => {}), 1, 'it may have changed within a tick of the clock');
  assert.equal(await looksFor(() => (nowMs += 3_000)), 1, 'once more when it is settled');
  assert.deepEqual(candidates.unsettled, []);
  assert.equal(await looksFor(() => {}), 0);
  const keepTimes = () => {
    writeFileSync(path, 'TEXT');
    utimesSync(path, 1, 1);
    nowMs += 3_000;
  };
  assert.equal(await looksFor(keepTimes), 1, 'whoever sets the times back changes one that cannot be set');
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['not a SQLite database, passed over'],
  );
});
