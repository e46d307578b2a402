import type { ReplicaConfig } from '../config/normal-config.ts';
import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../format/ltx/header.ts';
import type { Level } from '../format/ltx/level.ts';
import { readRange } from '../replica/read-range.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../replica/replica-client.ts';
import { ReplicaError } from '../replica/replica-error.ts';
import { DurableFiles } from '../runtime/durable-files.ts';
import { silentLogger } from '../runtime/logger.ts';
import { withOpenReplicas } from './named-replicas.ts';

export interface DatedFile extends LtxFileInfo {
  /** From the header: a file's modification time means nothing. */
  readonly timestampMs: number;
}

const headersAtOnce = 16;

/** Opens a replica for looking at it, and closes it after `use`. */
export async function withReplica<T>(replica: ReplicaConfig, use: (client: ReplicaClient) => Promise<T>): Promise<T> {
  const services = { durableFiles: new DurableFiles(), logger: silentLogger };
  return withOpenReplicas([replica], services, ([opened]) => use(opened!.client));
}

/** The files of some levels with their times, level by level. Files that go away meanwhile are left out. */
export async function datedFiles(client: ReplicaClient, wanted: readonly Level[]): Promise<DatedFile[]> {
  return withTimes(client, await listedFiles(client, wanted));
}

/** The files of some levels by their names, level by level. */
export async function listedFiles(
  client: ReplicaClient,
  wanted: readonly Level[],
  options: CallOptions = {},
): Promise<LtxFileInfo[]> {
  const files: LtxFileInfo[] = [];
  for (const level of wanted) for await (const file of client.list(level, options)) files.push(file);
  return files;
}

/** Reads the times of files from their headers. Files that are gone are left out. */
export async function withTimes(
  client: ReplicaClient,
  files: readonly LtxFileInfo[],
  options: CallOptions = {},
): Promise<DatedFile[]> {
  const dated: DatedFile[] = [];
  for (let at = 0; at < files.length; at += headersAtOnce) {
    const some = files.slice(at, at + headersAtOnce);
    const headers = await Promise.all(some.map((file) => headerOf(client, file, options)));
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

async function headerOf(
  client: ReplicaClient,
  file: LtxFileInfo,
  options: CallOptions = {},
): Promise<LtxHeader | undefined> {
  const bytes = new Uint8Array(ltxHeaderBytes);
  try {
    await readRange(client, file, 0, bytes, options);
  } catch (error) {
    if (error instanceof ReplicaError && error.code === 'not-found') return undefined;
    throw error;
  }
  return decodeLtxHeader(bytes);
}
