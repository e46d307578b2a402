import { syncLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { FileReplicaClient } from '../../replica/file/file-replica-client.ts';
import type { LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ReplicaCatalog } from '../levels/replica-catalog.ts';
import { bodyOf } from '../meta/stored-body.ts';
import { describeFile } from '../restore/describe-file.ts';
import { readHeader } from '../restore/read-header.ts';

/** From where on, in a term of the lease, every level-0 file is to be of its epoch. */
export interface Fence {
  readonly epoch: number;
  readonly from: Txid;
  /** Where what does not belong there goes. */
  readonly quarantinePath: string;
}

export interface StrayServices {
  readonly durableFiles: DurableFiles;
  readonly logger: Logger;
}

/**
 * Takes files of lower epochs out of level 0 that came behind the fence: no holder of the lease can have made them, and a
 * restore could take them for transactions. What was there when the lease was acquired is history and stays.
 */
export async function quarantineStrays(
  { epoch, from, quarantinePath }: Fence,
  replica: { readonly client: ReplicaClient; readonly catalog: ReplicaCatalog },
  signal: AbortSignal,
  services: StrayServices,
): Promise<void> {
  const { client, catalog } = replica;
  const strays: LtxFileInfo[] = [];
  for await (const file of client.list(syncLevel, { from, signal })) {
    const index = catalog.level(syncLevel).indexOf(file);
    const facts = index === undefined ? readHeader(client, file, { signal }) : catalog.facts(syncLevel, index);
    if ((await facts).epoch < epoch) strays.push(file);
  }
  for (const file of strays) {
    const quarantine = new FileReplicaClient({ path: quarantinePath }, services);
    await quarantine.write(file, await bodyOf(client, file, { signal }), { signal });
    await client.delete([file], { signal });
    catalog.remove([file]);
    services.logger.error('another program wrote to the replica without its lease; its file was taken out', {
      file: describeFile(file),
      directory: quarantinePath,
    });
  }
}
