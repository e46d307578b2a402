import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Checksum, xorChecksum } from '../../src/format/ltx/checksum.ts';
import { LtxEncoder } from '../../src/format/ltx/encoder.ts';
import { formatLtxFileName } from '../../src/format/ltx/file-name.ts';
import { noWalPosition } from '../../src/format/ltx/header.ts';
import { nextTxid } from '../../src/format/ltx/txid.ts';
import type { PageRun } from '../../src/kernel/kernels.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { Random } from '../support/random.ts';
import { readHeader } from './written-files.ts';

const pagesPerFile = 8;
/** The part of a database that its application keeps rewriting. */
const hotShare = 0.01;
const changedBytes = 8;

/**
 * Changes a few hot pages of a database again and again, and writes the level-0 file of each change behind a snapshot, as a
 * sidecar would have done. What stands in the pages then makes sense to nobody but a comparison.
 */
export function addLevelZeroFiles(databasePath: string, snapshotPath: string, folder: string, fileCount: number): void {
  const snapshot = readHeader(snapshotPath);
  const { pageSizeBytes, commit, epoch, timestampMs } = snapshot;
  const kernels = loadKernels();
  const run = kernels.openRun(pageSizeBytes, pagesPerFile);
  const choices = new Random(1);
  const hotCount = Math.min(commit, Math.max(pagesPerFile, Math.ceil(commit * hotShare)));
  const hot = distinct(choices, hotCount, commit);
  let txid = snapshot.maxTxid;
  let before = snapshot.checksums!.after;
  mkdirSync(folder, { recursive: true });
  const database = openSync(databasePath, 'r+');
  try {
    for (let number = 1; number <= fileCount; number++) {
      txid = nextTxid(txid);
      const chosen = distinct(choices, pagesPerFile, hot.length).map((at) => hot[at - 1]!);
      const pgnos = chosen.sort((a, b) => a - b);
      const after = changePages(database, run, pgnos, { before, choices });
      const encoder = new LtxEncoder({ pageSizeBytes }, { kernels });
      const { frameBytes, register } = run.encode(pgnos.length, 0n);
      encoder.addRun(run, pgnos.length, register);
      const frames = run.frames.slice(0, frameBytes);
      const { headerBytes, tail } = encoder.finish({
        ...{ pageSizeBytes, commit, epoch, ...noWalPosition },
        ...{ minTxid: txid, maxTxid: txid, timestampMs: timestampMs + number, checksums: { before, after } },
      });
      writeFileSync(join(folder, formatLtxFileName(txid, txid)), Buffer.concat([headerBytes, frames, tail]));
      before = after;
    }
  } finally {
    closeSync(database);
  }
}

interface Change {
  /** The database checksum. */
  readonly before: Checksum;
  readonly choices: Random;
}

/** Leaves the changed pages in the run and in the database; returns the database checksum after. */
function changePages(database: number, run: PageRun, pgnos: readonly number[], { before, choices }: Change): Checksum {
  const { pageSize: pageSizeBytes, pages } = run;
  for (const [at, pgno] of pgnos.entries()) {
    run.pgnos[at] = pgno;
    const page = pages.subarray(at * pageSizeBytes, (at + 1) * pageSizeBytes);
    readSync(database, page, 0, pageSizeBytes, (pgno - 1) * pageSizeBytes);
  }
  run.checksum(pgnos.length);
  const without = run.checksums.subarray(0, pgnos.length).reduce<Checksum>(xorChecksum, before);
  for (const [at, pgno] of pgnos.entries()) {
    const page = pages.subarray(at * pageSizeBytes, (at + 1) * pageSizeBytes);
    for (let byte = pageSizeBytes - changedBytes; byte < pageSizeBytes; byte++) page[byte] = choices.int(0, 255);
    writeSync(database, page, 0, pageSizeBytes, (pgno - 1) * pageSizeBytes);
  }
  run.checksum(pgnos.length);
  return run.checksums.subarray(0, pgnos.length).reduce<Checksum>(xorChecksum, without);
}

/** Numbers from 1 to `last`, no two alike. */
function distinct(choices: Random, count: number, last: number): number[] {
  const found = new Set<number>();
  while (found.size < Math.min(count, last)) found.add(choices.int(1, last));
  return [...found];
}
