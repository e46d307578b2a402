import type { Level } from '../../../src/format/ltx/level.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type {
  CallOptions,
  LtxBody,
  LtxFileId,
  LtxFileInfo,
  ReplicaClient,
} from '../../../src/replica/replica-client.ts';

/** An empty replica of its own for one test. */
export interface ReplicaFixture extends AsyncDisposable {
  readonly client: ReplicaClient;
  /** Another client over the same store. */
  reopen(): ReplicaClient;
  /** Stores bytes in a level under any name, by other means than a client. */
  plant(level: Level, name: string, bytes: Uint8Array): Promise<void>;
  /** Everything stored in a level, sorted, also what is no LTX file. */
  names(level: Level): Promise<string[]>;
}

/** Real differences between adapters. */
export interface ReplicaFeatures {
  /** Whether bytes pass through: memory does not grow with a file. */
  readonly boundedMemory: boolean;
}

export interface ReplicaSuite {
  open(): Promise<ReplicaFixture>;
  readonly features: ReplicaFeatures;
}

export const bodyTimestampMs = 1_763_716_000_123;

export function file(level: Level, minTxid: bigint | number, maxTxid: bigint | number = minTxid): LtxFileId {
  return { level, minTxid: toTxid(minTxid), maxTxid: toTxid(maxTxid) };
}

/** A body that hands out all its chunks in one buffer, overwritten each time, as the port allows. */
export function body(bytes: Uint8Array, chunkBytes = 1000): LtxBody {
  return {
    sizeBytes: bytes.byteLength,
    timestampMs: bodyTimestampMs,
    async *open() {
      const chunk = Buffer.alloc(chunkBytes);
      for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
        const part = bytes.subarray(at, at + chunkBytes);
        chunk.set(part);
        yield chunk.subarray(0, part.byteLength);
        chunk.fill(0xee);
      }
    },
  };
}

/** Bytes that differ at every position and from seed to seed. */
export function bytesOf(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < sizeBytes; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Reads a range to its end, a little at a time. */
export async function readAll(
  client: ReplicaClient,
  id: LtxFileId,
  range?: { offset: number; length?: number },
  stepBytes = 700,
): Promise<Buffer> {
  const reader = await client.open(id, range);
  const parts: Buffer[] = [];
  try {
    for (;;) {
      const part = Buffer.alloc(stepBytes);
      const readBytes = await reader.read(part);
      if (readBytes === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, readBytes));
    }
  } finally {
    await reader.close();
  }
}

export async function listAll(
  client: ReplicaClient,
  level: Level,
  options?: Parameters<ReplicaClient['list']>[1],
): Promise<LtxFileInfo[]> {
  const infos: LtxFileInfo[] = [];
  for await (const info of client.list(level, options)) infos.push(info);
  return infos;
}

export async function listEverything(client: ReplicaClient, options?: CallOptions): Promise<LtxFileInfo[]> {
  const infos: LtxFileInfo[] = [];
  for await (const info of client.listAll(options)) infos.push(info);
  return infos;
}
