import { opendir, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseLtxFileName } from '../../format/ltx/file-name.ts';
import { type Level, levels } from '../../format/ltx/level.ts';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import { claimPath } from '../../runtime/exclusive-publisher.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { levelPath } from '../directory-layout.ts';
import type { LtxFileInfo } from '../replica-client.ts';
import { fileError } from './file-error.ts';

const entriesAtOnce = 1024;
const statsAtOnce = 64;

/**
 * The names of LTX files in a directory with min TXID >= `from`, ascending. Names have a fixed width, so their order as
 * text is that of their TXIDs and only those that are wanted are kept. A missing directory has none.
 */
export async function ltxNames(directory: string, from: Txid, signal: AbortSignal | undefined): Promise<string[]> {
  const first = formatTxid(from);
  const names = await namesWhere(directory, (name) => name >= first && isLtxName(name), signal);
  return names.sort();
}

/** The names of LTX files that have a claim in a directory, whether or not they exist. */
export async function claimedNames(directory: string, signal: AbortSignal | undefined): Promise<string[]> {
  const suffix = claimPath('');
  const unclaimed = (name: string) => name.slice(0, -suffix.length);
  const claims = await namesWhere(directory, (name) => name.endsWith(suffix) && isLtxName(unclaimed(name)), signal);
  return claims.map(unclaimed);
}

function isLtxName(name: string): boolean {
  return parseLtxFileName(name) !== undefined;
}

async function namesWhere(
  directory: string,
  isWanted: (name: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(directory, { bufferSize: entriesAtOnce })) {
      signal?.throwIfAborted();
      if (isWanted(entry.name)) names.push(entry.name);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw fileError('list', directory, error);
  }
  return names;
}

/** The levels that have a directory in a replica. */
export async function levelsIn(replicaPath: string): Promise<ReadonlySet<Level>> {
  const directory = dirname(`${replicaPath}/${levelPath(0)}`);
  try {
    const names = new Set(await readdir(directory));
    return new Set(levels.filter((level) => names.has(basename(levelPath(level)))));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return new Set();
    throw fileError('list', directory, error);
  }
}

/** The files of one level directory, as `ReplicaClient.list` wants them. Sizes are read a few names ahead. */
export async function* listLevel(
  directory: string,
  level: Level,
  from: Txid,
  signal: AbortSignal | undefined,
): AsyncGenerator<LtxFileInfo, void, undefined> {
  const names = await ltxNames(directory, from, signal);
  for (let at = 0; at < names.length; at += statsAtOnce) {
    const infos = names.slice(at, at + statsAtOnce).map((name) => describe(directory, level, name));
    for (const info of await Promise.all(infos)) {
      signal?.throwIfAborted();
      if (info !== undefined) yield info;
    }
  }
}

/** Undefined for what is not a file, or not there any more. */
async function describe(directory: string, level: Level, name: string): Promise<LtxFileInfo | undefined> {
  const range = parseLtxFileName(name);
  if (range === undefined) return undefined;
  try {
    const stats = await stat(`${directory}/${name}`);
    return stats.isFile() ? { level, ...range, sizeBytes: stats.size } : undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError('list', `${directory}/${name}`, error);
  }
}
