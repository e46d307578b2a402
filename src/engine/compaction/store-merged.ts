import { formatChecksum, unknownChecksum } from '../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../format/ltx/header.ts';
import type { CallOptions, LtxFileId, LtxFileInfo, ReplicaClient, WriteOptions } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { Turn } from '../../runtime/turn.ts';
import { EngineError } from '../engine-error.ts';
import type { PageRuns } from '../page-runs.ts';
import { naming } from '../restore/apply/plan-file.ts';
import { describeFile } from '../restore/describe-file.ts';
import { fileChunks } from './file-chunks.ts';
import type { MergedFile } from './merge-files.ts';
import { verifyFile } from './verify-file.ts';

/** A file as it lies in the replica. */
export interface StoredFile {
  readonly file: LtxFileInfo;
  readonly header: LtxHeader;
}

/**
 * Creates a merged file in the replica. One that is there already, of a crash, another program or an earlier life, stays
 * when it is whole and leads to the same database; otherwise nothing is changed and the error names it.
 */
export async function storeMerged(
  client: ReplicaClient,
  merged: MergedFile,
  options: WriteOptions & { readonly runs: PageRuns },
): Promise<StoredFile> {
  const { file, header, body } = merged;
  if ((await client.write(file, body, options)) === 'created') return { file, header };
  const stored = await readBack(client, await findStored(client, file, options), options);
  const [own, theirs] = [header, stored.header].map(({ checksums }) => checksums?.after ?? unknownChecksum);
  if (own !== theirs && own !== unknownChecksum && theirs !== unknownChecksum) {
    throw new EngineError(
      'diverged',
      `Cannot compact in ${client.url}: ${describeFile(file)} is there and leads to database checksum ${formatChecksum(theirs!)} instead of ${formatChecksum(own!)}`,
      { hint: 'two programs write this replica: stop one of them; if this one is right, remove that file' },
    );
  }
  return stored;
}

/** Reads a stored file from start to end and verifies it. Throws RestoreError `file-invalid`, which names it. */
export function readBack(
  client: ReplicaClient,
  file: LtxFileInfo,
  options: CallOptions & { readonly runs: PageRuns },
): Promise<StoredFile> {
  return naming(file, async () => {
    const { header } = await verifyFile(file, fileChunks(client, file, options), { ...options, turn: new Turn() });
    return { file, header };
  });
}

async function findStored(client: ReplicaClient, file: LtxFileId, options: CallOptions): Promise<LtxFileInfo> {
  for await (const info of client.list(file.level, { ...options, from: file.minTxid })) {
    if (info.minTxid === file.minTxid && info.maxTxid === file.maxTxid) return info;
    if (info.minTxid > file.minTxid) break;
  }
  throw new ReplicaError('not-found', `Cannot find ${describeFile(file)} in ${client.url}: it was there a moment ago`);
}
