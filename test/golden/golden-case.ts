import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTxid, type Txid } from '../../src/format/ltx/txid.ts';
import { parseLtxPath } from '../../src/replica/directory-layout.ts';
import { type MemoryFiles, MemoryReplicaClient } from '../../src/replica/memory/memory-replica-client.ts';
import type { LtxFileInfo } from '../../src/replica/replica-client.ts';
import { goldenFolder, listGoldenFiles, readGoldenFile } from '../support/golden-files.ts';

/** A moment of a recorded database and what it held. */
export interface GoldenPoint {
  readonly txid: Txid;
  /** After that commit and before the next one. */
  readonly timestampMs: number;
  readonly dumpSha256: string;
}

export interface GoldenCase {
  readonly name: string;
  readonly folder: string;
  readonly points: readonly GoldenPoint[];
  readonly files: readonly GoldenReplicaFile[];
}

export interface GoldenReplicaFile extends LtxFileInfo {
  /** Below the replica's folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

interface ExpectedJson {
  readonly points: readonly { readonly txid: string; readonly timestamp_ms: number; readonly dump_sha256: string }[];
}

/** The recorded cases. */
export function goldenCases(): GoldenCase[] {
  const files = listGoldenFiles();
  const names = [...new Set(files.map((file) => file.case))];
  return names.map((name) => {
    const folder = join(goldenFolder, name);
    const { points } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as ExpectedJson;
    return {
      name,
      folder: join(folder, 'replica'),
      points: points.map((point) => ({
        txid: parseTxid(point.txid)!,
        timestampMs: point.timestamp_ms,
        dumpSha256: point.dump_sha256,
      })),
      files: files
        .filter((file) => file.case === name)
        .map((file) => {
          const path = `ltx/${file.level}/${file.name}`;
          const bytes = readGoldenFile(file);
          return { ...parseLtxPath(path)!, path, bytes, sizeBytes: bytes.length };
        }),
    };
  });
}

/** A replica with some of the files of a case. */
export function replicaOf(files: readonly GoldenReplicaFile[]): MemoryReplicaClient {
  const map: MemoryFiles = new Map(files.map((file) => [file.path, file.bytes]));
  return new MemoryReplicaClient({ files: map });
}
