import type { ReplicaConfig } from '../src/config/normal-config.ts';
import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../src/format/ltx/header.ts';
import type { Level } from '../src/format/ltx/level.ts';
import { openReplica } from '../src/replica/open-replica.ts';
import { readRange } from '../src/replica/read-range.ts';
import type { LtxFileInfo, ReplicaClient } from '../src/replica/replica-client.ts';
import { ReplicaError } from '../src/replica/replica-error.ts';
import { DurableFiles } from '../src/runtime/durable-files.ts';
import { silentLogger } from '../src/runtime/logger.ts';

export interface DatedFile extends LtxFileInfo {
  /** From the header: a file's modification time means nothing. */
  readonly timestampMs: number;
}

const headersAtOnce = 16;

/** Opens a replica for looking at it, and closes it after `use`. */
export async function withReplica<T>(replica: ReplicaConfig, use: (client: ReplicaClient) => Promise<T>): Promise<T> {
  const services = { durableFiles: new DurableFiles(), logger: silentLogger };
  const client = openReplica(replica.location, services);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The files of some levels with their times, level by level. Files that go away meanwhile are left out. */
export async function datedFiles(client: ReplicaClient, wanted: readonly Level[]): Promise<DatedFile[]> {
  const files: LtxFileInfo[] = [];
  for (const level of wanted) for await (const file of client.list(level)) files.push(file);
  const dated: DatedFile[] = [];
  for (let at = 0; at < files.length; at += headersAtOnce) {
    const some = files.slice(at, at + headersAtOnce);
    const headers = await Promise.all(some.map((file) => headerOf(client, file)));
    for (const [index, header] of headers.entries()) {
      if (header !== undefined) dated.push({ ...some[index]!, timestampMs: header.timestampMs });
    }
  }
  return dated;
}

/** The file with the newest TXID; among several the one of the lowest level, whose time is the commit's. */
export async function newestFile(client: ReplicaClient): Promise<DatedFile | undefined> {
  let newest: LtxFileInfo | undefined;
  for await (const file of client.listAll()) {
    const isOfLowerLevel = file.maxTxid === newest?.maxTxid && file.level < newest.level;
    if (newest === undefined || file.maxTxid > newest.maxTxid || isOfLowerLevel) newest = file;
  }
  if (newest === undefined) return undefined;
  const header = await headerOf(client, newest);
  return header === undefined ? undefined : { ...newest, timestampMs: header.timestampMs };
}

async function headerOf(client: ReplicaClient, file: LtxFileInfo): Promise<LtxHeader | undefined> {
  const bytes = new Uint8Array(ltxHeaderBytes);
  try {
    await readRange(client, file, 0, bytes);
  } catch (error) {
    if (error instanceof ReplicaError && error.code === 'not-found') return undefined;
    throw error;
  }
  return decodeLtxHeader(bytes);
}
