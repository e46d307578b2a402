import { LtxError } from '../../format/ltx/ltx-error.ts';
import { formatTxid, noTxid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { Turn } from '../../runtime/turn.ts';
import { fileChunks } from '../compaction/file-chunks.ts';
import { verifyFile } from '../compaction/verify-file.ts';
import { readReplicaTable } from '../continuity/replica-table.ts';
import type { PageRuns } from '../page-runs.ts';
import { naming } from '../restore/apply/plan-file.ts';
import { listFiles } from '../restore/list-files.ts';
import { ReachableStates } from '../restore/reachable-states.ts';
import { readHeader } from '../restore/read-header.ts';
import { RestoreError } from '../restore/restore-error.ts';

/** `newest-file`: names and the newest file; `newest-state`: everything that the newest state is rebuilt from. */
export type DamageDepth = 'newest-file' | 'newest-state';

export interface ReplicaDamage {
  /** What is wrong, naming the file. */
  readonly reason: string;
  /** Everything the replica holds. */
  readonly files: readonly LtxFileInfo[];
}

/** Whether the newest state of a replica can be restored: what keeps it from being, undefined when nothing does. Throws ReplicaError. */
export async function findDamage(
  client: ReplicaClient,
  depth: DamageDepth,
  { runs, signal }: CallOptions & { readonly runs: PageRuns },
): Promise<ReplicaDamage | undefined> {
  const files = await listFiles(client, { signal });
  const states = ReachableStates.of(files);
  const newestSeen = states.newestSeen ?? noTxid;
  const newest = states.fileEndingAt(newestSeen);
  if (newest === undefined) return undefined;
  if (states.newest !== newestSeen) {
    const latest = states.newest === undefined ? 'nothing can' : `only TXID ${formatTxid(states.newest)} can`;
    return { files, reason: `files are missing before TXID ${formatTxid(newestSeen)}: ${latest} be restored` };
  }
  try {
    await readHeader(client, newest, { signal });
    const whole = { runs, turn: new Turn(), signal };
    if (newest.level === 0)
      await naming(newest, () => verifyFile(newest, fileChunks(client, newest, { signal }), whole));
    if (depth === 'newest-state') await readReplicaTable(client, newestSeen, { runs }, { signal });
    return undefined;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { files, reason: error.message };
  }
}

/** Whether every local file of level 0 is as it was written. */
export async function isSound(
  { client, files }: { readonly client: ReplicaClient; readonly files: readonly LtxFileInfo[] },
  { runs, signal }: CallOptions & { readonly runs: PageRuns },
): Promise<boolean> {
  const turn = new Turn();
  try {
    for (const file of files) await verifyFile(file, fileChunks(client, file, { signal }), { runs, turn, signal });
    return true;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}

/** Whether an error says that files are not what they should be. */
export function isDamage(error: unknown): error is LtxError | RestoreError {
  return error instanceof LtxError || (error instanceof RestoreError && error.code !== 'unreachable');
}
