import { sameSalts } from '../../format/wal/salts.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { FrameReader } from '../capture/frame-reader.ts';
import { startOfGeneration, type WalPosition } from '../capture/wal-position.ts';
import { EngineError } from '../engine-error.ts';
import type { PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';

/**
 * Whether the WAL still goes on from a position we once reached. Proven by the frame before it: it must be the very one that
 * was copied. Returns that position with its checksum, or what speaks against it.
 */
export function provePosition(
  position: WalPosition,
  evidence: { live: LiveDatabase; frames: FrameReader; table: PageChecksumTable; runs: PageRuns },
): WalPosition | string {
  const { live, frames } = evidence;
  const { index } = live.held;
  if (!sameSalts(index, position)) return 'the WAL was restarted or replaced while nobody followed it';
  if (position.salt1 === 0 && position.salt2 === 0) return 'its WAL was empty, and every empty WAL looks the same';
  if (index.mxFrame < position.frameCount) return 'the WAL is shorter than it was';
  if (position.frameCount === 0) return position;
  const frame = frames.frameHeader(position.frameCount);
  if (frame === undefined || !sameSalts(frame, position)) return 'the last frame that was copied is gone';
  if (position.checksum !== undefined) {
    const same = frame.checksum.s1 === position.checksum.s1 && frame.checksum.s2 === position.checksum.s2;
    return same ? position : 'the last frame that was copied was written again';
  }
  return proveByContent(position, evidence);
}

/** Without a stored checksum: the whole WAL up to there must be valid, and its last page the one in the checksum table. */
function proveByContent(
  position: WalPosition,
  { live, frames, table, runs }: { live: LiveDatabase; frames: FrameReader; table: PageChecksumTable; runs: PageRuns },
): WalPosition | string {
  const run = runs.borrow(live.pageSizeBytes);
  try {
    const reached = frames.read(
      startOfGeneration(live.held.index),
      position.frameCount,
      (frame, pgno, _commit, page) => {
        if (frame !== position.frameCount) return;
        run.pages.set(page);
        run.pgnos[0] = pgno;
      },
    );
    run.checksum(1);
    return table.get(run.pgnos[0]!) === run.checksums[0]
      ? reached
      : 'the last frame that was copied holds another page';
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  } finally {
    runs.giveBack(run);
  }
}
