import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { WalCapture } from '../capture/wal-capture.ts';

/** How long one turn of the event loop may try for the writer lock. */
const sliceMs = 2;
/** How long to try in all beside writers that come and go. */
const tryMs = 300;
/** An application that holds the lock longer than this without committing is left alone. */
const patienceMs = 50;
/** How long the writers may be held up. */
const barrierMs = 40;
/** Frames that came in meanwhile and are worth another copying round before the barrier. */
const manyFrames = 500;
/** How many copying rounds there are at most: each leaves fewer frames for the barrier, unless the disk is slow. */
const rounds = 6;
/** An application's own checkpoint is let go on before the next try, for so long in all. */
const foreignCheckpointMs = 2;
const patienceWithOthersMs = 200;

export type CheckpointOutcome =
  /** Everything is copied back and mark 0 is held: the next writer restarts the WAL. */
  | 'complete'
  /** A reader of the application is in the way. */
  | 'reader'
  /** Another process is checkpointing. */
  | 'checkpointer'
  /** No more pages fit in memory: a file has to be written first. */
  | 'memory'
  /** An application holds the writer lock. */
  | 'writer';

export interface CheckpointReport {
  readonly outcome: CheckpointOutcome;
  /** How long writers were held up. */
  readonly barrierMs: number;
}

/**
 * Restarts the WAL in two phases: most is copied back while nobody waits, the rest under a barrier of a few milliseconds.
 * Frames are copied to memory only; they must be written to a durable file right after.
 */
export async function barrierCheckpoint(
  live: LiveDatabase,
  capture: WalCapture,
  { memoryLimitBytes, clock }: { readonly memoryLimitBytes: number; readonly clock: Clock },
): Promise<CheckpointReport> {
  const catchUp = () => capture.capture(memoryLimitBytes) && live.advance(copied(capture));
  const checkpointer = live.checkpointer();
  for (let round = 0, refusedMs = 0; round < rounds && refusedMs < patienceWithOthersMs; ) {
    // A writer tries a checkpoint of its own after each commit: held up for a moment, it does not snatch this one away.
    await raise(live, capture, clock);
    const isCaughtUp = catchUp();
    checkpointer.lowerBarrier();
    if (!isCaughtUp) return { outcome: 'memory', barrierMs: 0 };
    const passive = checkpointer.passive();
    if (passive === undefined) {
      await clock.sleep(foreignCheckpointMs);
      refusedMs += foreignCheckpointMs;
    } else {
      if (capture.backlogFrames() < manyFrames) break;
      round++;
    }
  }
  if (!(await raise(live, capture, clock))) return { outcome: 'writer', barrierMs: 0 };
  const startMs = clock.monotonic();
  try {
    if (!catchUp()) return { outcome: 'memory', barrierMs: clock.monotonic() - startMs };
    let passive = checkpointer.passive();
    while (passive?.complete !== true && clock.monotonic() - startMs < barrierMs) passive = checkpointer.passive();
    catchUp();
    const heldUpMs = clock.monotonic() - startMs;
    if (passive === undefined) return { outcome: 'checkpointer', barrierMs: heldUpMs };
    const isRestarting = passive.complete && live.held.kind === 'zero';
    return { outcome: isRestarting ? 'complete' : 'reader', barrierMs: heldUpMs };
  } finally {
    checkpointer.lowerBarrier();
  }
}

/** Up to where frames are copied out, as a read mark wants it. */
export function copied({ position }: WalCapture): { salt1: number; frameCount: number } {
  return { salt1: position.salt1, frameCount: position.frameCount };
}

/** SQLite's own back-off starves behind a busy writer; trying again and again gets the lock between two commits. */
async function raise(live: LiveDatabase, capture: WalCapture, clock: Clock): Promise<boolean> {
  const checkpointer = live.checkpointer();
  const startMs = clock.monotonic();
  let quietSinceMs = startMs;
  let backlog = capture.backlogFrames();
  while (clock.monotonic() - startMs < tryMs) {
    for (const endMs = clock.monotonic() + sliceMs; clock.monotonic() < endMs; )
      if (checkpointer.raiseBarrier()) return true;
    await nextTurn();
    const now = capture.backlogFrames();
    if (now !== backlog) quietSinceMs = clock.monotonic();
    else if (clock.monotonic() - quietSinceMs > patienceMs) return false;
    backlog = now;
  }
  return false;
}
