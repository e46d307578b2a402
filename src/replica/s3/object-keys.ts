import { formatLtxFileName, parseLtxFileName } from '../../format/ltx/file-name.ts';
import { type Level, levels } from '../../format/ltx/level.ts';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxFileId } from '../replica-client.ts';

/** A key below a replica's path; a replica without one begins at the root of its bucket. */
export function keyBelow(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

/** What the keys of all levels, `0000` to `0009`, begin with. */
export function levelsPrefix(path: string): string {
  return keyBelow(path, '000');
}

/** What the keys of a level begin with: `<path>/0002/`. */
export function levelPrefix(path: string, level: Level): string {
  return keyBelow(path, `${level.toString(16).padStart(4, '0')}/`);
}

/** Sorts before the keys of a level whose min TXID is `from` or more, and after all others of it. */
export function keyBefore(path: string, level: Level, from: Txid): string {
  return levelPrefix(path, level) + formatTxid(from);
}

/** The key of a file: `<path>/0002/0000000000000001-0000000000000009.ltx`. */
export function ltxKey(path: string, file: LtxFileId): string {
  return levelPrefix(path, file.level) + formatLtxFileName(file.minTxid, file.maxTxid);
}

/** The reverse of `ltxKey`; undefined when `key` is not that of an LTX file of the replica. */
export function parseLtxKey(path: string, key: string): LtxFileId | undefined {
  const below = key.startsWith(keyBelow(path, '')) ? key.slice(keyBelow(path, '').length) : '';
  const match = /^000([0-9])\/([^/]+)$/.exec(below);
  const level = levels[Number(match?.[1])];
  const range = parseLtxFileName(match?.[2] ?? '');
  return level === undefined || range === undefined ? undefined : { level, ...range };
}
