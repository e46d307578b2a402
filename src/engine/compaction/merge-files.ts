import { LtxEncoder } from '../../format/ltx/encoder.ts';
import type { LtxHeader } from '../../format/ltx/header.ts';
import type { Level } from '../../format/ltx/level.ts';
import { mergedHeader } from '../../format/ltx/merged-header.ts';
import { NewestVersions } from '../../format/ltx/newest-versions.ts';
import type { LtxBody, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { Turn } from '../../runtime/turn.ts';
import type { PageRuns } from '../page-runs.ts';
import { naming } from '../restore/apply/plan-file.ts';
import { readAhead } from '../restore/apply/read-ahead.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { type MergeInput, MergeInputs, type TrustedFiles } from './merge-inputs.ts';
import { MergeWriter } from './merge-writer.ts';
import { ScratchFile } from './scratch-file.ts';

/** How many inputs are opened at a time: each that is not small takes a workspace. */
const opensAtOnce = 4;

export interface MergeContext {
  readonly client: ReplicaClient;
  /** Local files that need not be read from the replica. */
  readonly trusted: TrustedFiles | undefined;
  /** Where files without a name are made. */
  readonly scratchPath: string;
  readonly budget: MemoryBudget;
  readonly runs: PageRuns;
  readonly signal: AbortSignal;
  /** Told now and then up to which byte of the database its pages are merged. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** The one file that stands for its inputs, on the local disk until it is disposed of. */
export interface MergedFile extends AsyncDisposable {
  readonly file: LtxFileInfo;
  readonly header: LtxHeader;
  readonly body: LtxBody;
}

/**
 * Merges files, oldest first, into one of `level` in one pass: page frames are copied as they are, in order of pages, the
 * newest version of each. Stops before the first file with another page size. Memory is bounded by the page indexes of the
 * inputs. Every byte of every input is verified. Throws RestoreError `file-invalid` or LtxError; then nothing is left.
 */
export async function mergeFiles(
  level: Level,
  files: readonly LtxFileInfo[],
  context: MergeContext,
): Promise<MergedFile> {
  const output = new ScratchFile(context.scratchPath);
  const scratch = new ScratchFile(context.scratchPath);
  try {
    return await mergeInto(output, level, files, scratch, context);
  } catch (error) {
    await output.close();
    throw error;
  } finally {
    await scratch.close();
  }
}

async function mergeInto(
  output: ScratchFile,
  level: Level,
  files: readonly LtxFileInfo[],
  scratch: ScratchFile,
  context: MergeContext,
): Promise<MergedFile> {
  const turn = new Turn();
  const inputs: MergeInput[] = [];
  try {
    await openAll(inputs, files, new MergeInputs(files, { ...context, scratch, turn }));
    const newHeader = mergedHeader(inputs.map(({ header }) => header));
    const encoder = new LtxEncoder(newHeader, { kernels: context.runs.kernels });
    await copyFrames(inputs, newHeader.commit, { encoder, output }, context, turn);
    for (const { file, frames } of inputs) await naming(file, () => frames.finish());
    const { header, headerBytes, tail, fileSizeBytes } = encoder.finish(newHeader);
    await output.writeAt(tail, fileSizeBytes - tail.length);
    await output.writeAt(headerBytes, 0);
    const { minTxid, maxTxid, timestampMs } = header;
    return {
      file: { level, minTxid, maxTxid, sizeBytes: fileSizeBytes },
      header,
      body: { sizeBytes: fileSizeBytes, timestampMs, open: () => output.chunks(fileSizeBytes) },
      [Symbol.asyncDispose]: () => output.close(),
    };
  } finally {
    for (const { frames } of inputs) await frames.close();
  }
}

/** Whatever happens, every input that was opened is among `inputs` and gets closed. */
async function openAll(inputs: MergeInput[], files: readonly LtxFileInfo[], opener: MergeInputs): Promise<void> {
  const begun: Promise<MergeInput>[] = [];
  const open = (file: LtxFileInfo) => {
    const opening = opener.open(file);
    begun.push(opening);
    return opening;
  };
  const kept = new Set<MergeInput>();
  try {
    for await (const input of readAhead(files, opensAtOnce, open)) {
      if (input.header.pageSizeBytes !== (inputs[0] ?? input).header.pageSizeBytes) break;
      inputs.push(input);
      kept.add(input);
    }
  } finally {
    for (const end of await Promise.allSettled(begun)) {
      if (end.status === 'fulfilled' && !kept.has(end.value)) await end.value.frames.close();
    }
  }
}

async function copyFrames(
  inputs: readonly MergeInput[],
  commit: number,
  { encoder, output }: { readonly encoder: LtxEncoder; readonly output: ScratchFile },
  { runs, signal, onProgress }: MergeContext,
  turn: Turn,
): Promise<void> {
  const { pageSizeBytes } = inputs[0]!.header;
  const indexes = inputs.map(({ index }) => index);
  const largest = Math.max(...indexes.map(({ count }) => count));
  const versions = new NewestVersions(indexes, { commit, pageSizeBytes });
  const lane = runs.openLane(pageSizeBytes, { expectedBytes: largest * pageSizeBytes });
  const writer = new MergeWriter(encoder, output, { lane, kernels: runs.kernels });
  try {
    while (versions.advance()) {
      const { file, frames, index } = inputs[versions.file]!;
      const offset = index.offsets[versions.entry]!;
      const sizeBytes = index.sizes[versions.entry]!;
      const taken = frames.take(offset, sizeBytes);
      const frame = taken instanceof Uint8Array ? taken : await naming(file, () => taken);
      if (!writer.hasRoom(sizeBytes)) {
        await writer.next();
        onProgress?.(index.pgnos[versions.entry]! * pageSizeBytes, commit * pageSizeBytes);
        await turn.share(signal);
      }
      writer.add(frame, index.pgnos[versions.entry]!);
    }
    await writer.finish();
  } finally {
    await writer.settle();
  }
}
