import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import { syncLevel } from '../../format/ltx/level.ts';
import { decodePageIndex, type PageIndex } from '../../format/ltx/page-index.ts';
import { locatePageIndex } from '../../format/ltx/tail.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { readRange } from '../../replica/read-range.ts';
import type { LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import type { Turn } from '../../runtime/turn.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { PageRuns } from '../page-runs.ts';
import { naming } from '../restore/apply/plan-file.ts';
import { fileChunks } from './file-chunks.ts';
import { type FrameSource, framesByWindow, framesInMemory } from './frame-source.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { ScratchFile } from './scratch-file.ts';
import { StreamedFrames } from './streamed-frames.ts';
import { requireTxids, verifyBytes, verifyFile } from './verify-file.ts';

/** Read in one request and kept, as long as the budget lasts. */
const smallBytes = 1 << 20;
/** Larger ones are not kept on disk too, but go by as a stream. */
const largeBytes = 1 << 22;
const streamLimit = 4;
/** The windows of all inputs that lie on disk take this much together. */
const windowsBytes = 8 << 20;
const leastWindowBytes = 1 << 12;
const mostWindowBytes = 1 << 18;
const tailReadBytes = 1 << 16;

/** Local level-0 files that stand for those of the replica, from a TXID on. */
export interface TrustedFiles {
  readonly local: LocalFiles;
  readonly from: () => Txid;
}

export interface MergeSources {
  readonly client: ReplicaClient;
  readonly trusted: TrustedFiles | undefined;
  readonly scratch: ScratchFile;
  readonly budget: MemoryBudget;
  readonly runs: PageRuns;
  readonly turn: Turn;
  readonly signal: AbortSignal;
}

/** A file to be merged: its header and page index are known, its frames wait to be taken. */
export interface MergeInput {
  readonly file: LtxFileInfo;
  readonly header: LtxHeader;
  readonly index: PageIndex;
  readonly frames: FrameSource;
}

/** Decides how each input is read, and opens it: by now its name, header and, unless it is a stream, all of it are right. */
export class MergeInputs {
  readonly #sources: MergeSources;
  readonly #streamed: ReadonlySet<LtxFileInfo>;
  readonly #windowBytes: number;

  constructor(files: readonly LtxFileInfo[], sources: MergeSources) {
    const large = files.filter((file) => file.sizeBytes > largeBytes).sort((a, b) => b.sizeBytes - a.sizeBytes);
    this.#sources = sources;
    this.#streamed = new Set(large.slice(0, streamLimit));
    this.#windowBytes = Math.max(leastWindowBytes, Math.min(mostWindowBytes, windowsBytes / files.length));
  }

  /** Throws RestoreError `file-invalid`, which names the file; ReplicaError. */
  open(file: LtxFileInfo): Promise<MergeInput> {
    return naming(file, () => {
      const { budget, trusted } = this.#sources;
      const isLocal = trusted !== undefined && isTrusted(file, trusted);
      const client = isLocal ? trusted.local.client : this.#sources.client;
      if (this.#streamed.has(file)) return this.#openStream(file, client);
      if (file.sizeBytes <= smallBytes && budget.take(file.sizeBytes)) return this.#openInMemory(file, client);
      return isLocal ? this.#openOnDisk(file, client) : this.#spool(file, client);
    });
  }

  async #openInMemory(file: LtxFileInfo, client: ReplicaClient): Promise<MergeInput> {
    const giveBack = () => this.#sources.budget.giveBack(file.sizeBytes);
    try {
      const bytes = new Uint8Array(file.sizeBytes);
      await readRange(client, file, 0, bytes, this.#sources);
      const { header, index } = verifyBytes(file, bytes, this.#sources);
      await this.#sources.turn.share(this.#sources.signal);
      return { file, header, index, frames: framesInMemory(bytes, giveBack) };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async #openOnDisk(file: LtxFileInfo, client: ReplicaClient): Promise<MergeInput> {
    const { header, index } = await verifyFile(file, fileChunks(client, file, this.#sources), this.#sources);
    const readAt = (target: Uint8Array, offset: number) => readRange(client, file, offset, target, this.#sources);
    return { file, header, index, frames: this.#window(file, readAt) };
  }

  async #spool(file: LtxFileInfo, client: ReplicaClient): Promise<MergeInput> {
    const { scratch } = this.#sources;
    const start = scratch.reserve(file.sizeBytes);
    const chunks = spooled(fileChunks(client, file, this.#sources), scratch, start);
    const { header, index } = await verifyFile(file, chunks, this.#sources);
    const readAt = (target: Uint8Array, offset: number) => scratch.readAt(target, start + offset);
    return { file, header, index, frames: this.#window(file, readAt) };
  }

  async #openStream(file: LtxFileInfo, client: ReplicaClient): Promise<MergeInput> {
    const { signal, runs } = this.#sources;
    const { sizeBytes } = file;
    const start = new Uint8Array(ltxHeaderBytes);
    await readRange(client, file, 0, start, { signal });
    const header = decodeLtxHeader(start);
    requireTxids(header, file);
    const tail = new Uint8Array(Math.min(tailReadBytes, sizeBytes));
    await readRange(client, file, sizeBytes - tail.length, tail, { signal });
    const location = locatePageIndex(tail, sizeBytes);
    const bytes = location.bytes ?? new Uint8Array(location.sizeBytes);
    if (location.bytes === undefined) await readRange(client, file, location.offset, bytes, { signal });
    const index = decodePageIndex(bytes, { fileSizeBytes: sizeBytes });
    return { file, header, index, frames: new StreamedFrames(file, fileChunks(client, file, { signal }), runs) };
  }

  #window(file: LtxFileInfo, readAt: (target: Uint8Array, offset: number) => Promise<void>): FrameSource {
    return framesByWindow(readAt, { fileSizeBytes: file.sizeBytes, windowBytes: this.#windowBytes });
  }
}

/** Only a file that the replica holds byte for byte is asked for here. */
function isTrusted(file: LtxFileInfo, { local, from }: TrustedFiles): boolean {
  return file.level === syncLevel && file.minTxid >= from() && local.get(file.maxTxid)?.sizeBytes === file.sizeBytes;
}

async function* spooled(
  chunks: AsyncIterable<Uint8Array>,
  scratch: ScratchFile,
  start: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = start;
  for await (const chunk of chunks) {
    await scratch.writeAt(chunk, at);
    at += chunk.length;
    yield chunk;
  }
}
