import { snapshotLevel } from '../../format/ltx/level.ts';
import { formatTxid, nextTxid } from '../../format/ltx/txid.ts';
import { EngineError } from '../engine-error.ts';
import type { ReplicaCatalog } from '../levels/replica-catalog.ts';
import { describeFile } from '../restore/describe-file.ts';

/** Throws EngineError `state-invalid` unless the files of a level follow each other; a snapshot may stand in for a gap. */
export function verifyLevel(catalog: ReplicaCatalog, level: number): void {
  const files = catalog.level(level);
  const snapshots = catalog.level(snapshotLevel);
  for (let i = 1; i < files.length; i++) {
    const reached = files.maxTxid(i - 1);
    if (files.minTxid(i) <= nextTxid(reached)) continue;
    const snapshot = snapshots.firstPast(reached);
    const isBridged =
      snapshot < snapshots.length &&
      nextTxid(snapshots.maxTxid(snapshot)) >= files.minTxid(i) &&
      snapshots.maxTxid(snapshot) < files.maxTxid(i);
    if (isBridged) continue;
    const state = `${describeFile(files.at(i))} comes after TXID ${formatTxid(reached)}`;
    throw new EngineError('state-invalid', `Cannot rely on level ${level}: ${state}`);
  }
}
