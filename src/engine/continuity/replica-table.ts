import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, ReplicaClient } from '../../replica/replica-client.ts';
import { PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import { applyPlan } from '../restore/apply/apply-plan.ts';
import { listFiles } from '../restore/list-files.ts';
import { planRestore } from '../restore/plan.ts';
import { ReachableStates } from '../restore/reachable-states.ts';

const parallelism = 4;

/** The page-checksum table of a state in a replica, computed from its pages: reads as much as a restore does. */
export async function readReplicaTable(
  client: ReplicaClient,
  txid: Txid,
  { runs }: { runs: PageRuns },
  options: CallOptions = {},
): Promise<PageChecksumTable> {
  const plan = planRestore(ReachableStates.of(await listFiles(client, options)), txid, { exact: true });
  let table: PageChecksumTable | undefined;
  await applyPlan(
    plan.files,
    { client, onRead: () => {}, ...options },
    { writeAt: async () => {} },
    {
      parallelism,
      openChecksums: (header) => {
        table = new PageChecksumTable(header.pageSizeBytes);
        table.resize(header.commit);
        return table;
      },
    },
    runs,
  );
  return table!;
}
