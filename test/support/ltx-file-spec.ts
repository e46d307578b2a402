import { LtxDecoder, type VerifiedLtx } from '../../src/format/ltx/decoder.ts';
import { type FinishedLtx, LtxEncoder, type NewLtxHeader } from '../../src/format/ltx/encoder.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import type { Kernels } from '../../src/kernel/kernels.ts';
import { referenceKernels } from '../../src/kernel/reference/reference-kernels.ts';

/** A small LTX file as a value. */
export interface LtxFileSpec {
  readonly header: NewLtxHeader;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

export interface DecodedLtxFile extends VerifiedLtx {
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** A header that needs nothing but what a test is about. */
export function ltxHeader(fields: Partial<NewLtxHeader> = {}): NewLtxHeader {
  return {
    pageSizeBytes: 512,
    commit: 1,
    minTxid: toTxid(1),
    maxTxid: toTxid(1),
    timestampMs: 1_700_000_000_000,
    walOffset: 32,
    walSize: 0,
    salt1: 0,
    salt2: 0,
    epoch: 0,
    checksums: undefined,
    ...fields,
  };
}

export function encodeLtxFile(spec: LtxFileSpec, kernels: Kernels = referenceKernels, runPageCount = 3): Uint8Array {
  return encodeLtxSpec(spec, kernels, runPageCount).bytes;
}

export function encodeLtxSpec(
  { header, pages }: LtxFileSpec,
  kernels: Kernels,
  runPageCount: number,
): { readonly bytes: Uint8Array; readonly finished: FinishedLtx } {
  const { pageSizeBytes } = header;
  const encoder = new LtxEncoder({ pageSizeBytes }, { kernels });
  const run = kernels.openRun(pageSizeBytes, runPageCount);
  const parts: Uint8Array[] = [];
  const sorted = [...pages].sort(([a], [b]) => a - b);
  for (let start = 0; start < sorted.length; start += runPageCount) {
    const some = sorted.slice(start, start + runPageCount);
    for (const [i, [pgno, page]] of some.entries()) {
      run.pgnos[i] = pgno;
      run.pages.set(page, i * pageSizeBytes);
    }
    const { frameBytes, register } = run.encode(some.length, 0n);
    encoder.addRun(run, some.length, register);
    parts.push(run.frames.slice(0, frameBytes));
  }
  const finished = encoder.finish(header);
  return { bytes: Buffer.concat([finished.headerBytes, ...parts, finished.tail]), finished };
}

/** Decodes a whole file, fed in chunks of `chunkBytes`. */
export function decodeLtxFile(
  bytes: Uint8Array,
  kernels: Kernels = referenceKernels,
  { chunkBytes = bytes.length, runPageCount = 4 }: { chunkBytes?: number; runPageCount?: number } = {},
): DecodedLtxFile {
  const openRun = (pageSizeBytes: number) => kernels.openRun(pageSizeBytes, runPageCount);
  const decoder = new LtxDecoder({ openRun }, { kernels });
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const { run, pageCount } of decoder.push(bytes.subarray(at, at + chunkBytes))) {
      for (let i = 0; i < pageCount; i++) {
        pages.set(run.pgnos[i]!, run.pages.slice(i * run.pageSize, (i + 1) * run.pageSize));
      }
    }
  }
  return { ...decoder.finish(), pages };
}
