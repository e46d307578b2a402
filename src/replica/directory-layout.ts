import { formatLtxFileName, parseLtxFileName } from '../format/ltx/file-name.ts';
import { type Level, levels } from '../format/ltx/level.ts';
import type { LtxFileId } from './replica-client.ts';

/** Where a level lies below the replica's path: `ltx/0`. The same in directories, GCS, Azure, SFTP, WebDAV and NATS. */
export function levelPath(level: Level): string {
  return `ltx/${level}`;
}

/** Where a file lies below the replica's path: `ltx/0/0000000000000001-0000000000000001.ltx`. */
export function ltxPath(file: LtxFileId): string {
  return `${levelPath(file.level)}/${formatLtxFileName(file.minTxid, file.maxTxid)}`;
}

/** The reverse of `ltxPath`; undefined when `path` is not that of an LTX file. */
export function parseLtxPath(path: string): LtxFileId | undefined {
  const match = /^ltx\/([0-9])\/([^/]+)$/.exec(path);
  const level = levels[Number(match?.[1])];
  const range = parseLtxFileName(match?.[2] ?? '');
  return level === undefined || range === undefined ? undefined : { level, ...range };
}
