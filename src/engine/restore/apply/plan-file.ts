import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../../format/ltx/header.ts';
import { LtxError } from '../../../format/ltx/ltx-error.ts';
import { decodePageIndex, type PageIndex } from '../../../format/ltx/page-index.ts';
import { locatePageIndex } from '../../../format/ltx/tail.ts';
import { readRange } from '../../../replica/read-range.ts';
import type { LtxFileInfo, ReplicaClient } from '../../../replica/replica-client.ts';
import { describeFile } from '../describe-file.ts';
import { RestoreError } from '../restore-error.ts';

const defaultSmallReadBytes = 1 << 18;
/** A read of a file's end that holds the page index of most files too. */
const mostTailBytes = 1 << 16;
/** Frames that are not needed are read along when they are fewer bytes than this. */
const mostGapBytes = 1 << 14;
const chunkBytes = 1 << 20;

export interface PlanFileSource {
  readonly client: ReplicaClient;
  readonly signal?: AbortSignal | undefined;
  /** Told of every read, after it. */
  readonly onRead: (bytes: number) => void;
}

/** A file whose header was read, and what else a reader has of it. */
export interface OpenedFile {
  readonly file: PlanFile;
}

/** A file of a plan while it is read: small ones from memory, large ones by ranges. */
export class PlanFile {
  readonly info: LtxFileInfo;
  readonly header: LtxHeader;
  readonly #source: PlanFileSource;
  /** The whole file, or its header. */
  readonly #start: Uint8Array;

  /** Reads the header, or all of a small file. Throws RestoreError `file-invalid` when the file is not what it is called. */
  static async open(info: LtxFileInfo, source: PlanFileSource): Promise<PlanFile> {
    const start = new Uint8Array(info.sizeBytes <= smallReadBytes(source) ? info.sizeBytes : ltxHeaderBytes);
    return naming(info, async () => {
      await read(info, source, 0, start);
      const header = decodeLtxHeader(start);
      if (header.minTxid !== info.minTxid || header.maxTxid !== info.maxTxid) {
        throw new LtxError('header-invalid', 'Cannot use LTX file: its header has other TXIDs than its name');
      }
      return new PlanFile(info, header, source, start);
    });
  }

  private constructor(info: LtxFileInfo, header: LtxHeader, source: PlanFileSource, start: Uint8Array) {
    this.info = info;
    this.header = header;
    this.#source = source;
    this.#start = start;
  }

  /** How many bytes between two frames are read along, for less than another read costs. */
  get gapBytes(): number {
    return Math.min(mostGapBytes, smallReadBytes(this.#source));
  }

  async readIndex(): Promise<PageIndex> {
    const { sizeBytes } = this.info;
    return naming(this.info, async () => {
      const tailBytes = Math.min(mostTailBytes, smallReadBytes(this.#source), sizeBytes);
      const tail = await this.#bytes(sizeBytes - tailBytes, tailBytes);
      const location = locatePageIndex(tail, sizeBytes);
      const bytes = location.bytes ?? (await this.#bytes(location.offset, location.sizeBytes));
      return decodePageIndex(bytes, { fileSizeBytes: sizeBytes });
    });
  }

  /** Fills `target` from `offset` on. */
  async readInto(offset: number, target: Uint8Array): Promise<void> {
    if (this.#isWhole) target.set(this.#start.subarray(offset, offset + target.length));
    else await naming(this.info, () => read(this.info, this.#source, offset, target));
  }

  /** The bytes of the file from its start to its end; while one chunk is used the next one is read. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#start;
    if (this.#isWhole) return;
    const { sizeBytes } = this.info;
    const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)] as const;
    const readAt = async (offset: number, buffer: Uint8Array): Promise<Uint8Array> => {
      const chunk = buffer.subarray(0, Math.min(chunkBytes, sizeBytes - offset));
      await this.readInto(offset, chunk);
      return chunk;
    };
    let ahead = readAt(ltxHeaderBytes, buffers[0]);
    for (let offset = ltxHeaderBytes, turn = 1; offset < sizeBytes; turn ^= 1) {
      const chunk = await ahead;
      offset += chunk.length;
      if (offset < sizeBytes) ahead = readAt(offset, buffers[turn]!);
      try {
        yield chunk;
      } finally {
        // A consumer that stops early leaves a read behind that nobody else awaits.
        ahead.catch(() => {});
      }
    }
  }

  get #isWhole(): boolean {
    return this.#start.length === this.info.sizeBytes;
  }

  async #bytes(offset: number, length: number): Promise<Uint8Array> {
    if (this.#isWhole) return this.#start.subarray(offset, offset + length);
    const bytes = new Uint8Array(length);
    await read(this.info, this.#source, offset, bytes);
    return bytes;
  }
}

/** A file up to this size is read in one piece. */
function smallReadBytes({ client }: PlanFileSource): number {
  return client.smallReadBytes ?? defaultSmallReadBytes;
}

async function read(info: LtxFileInfo, source: PlanFileSource, offset: number, target: Uint8Array): Promise<void> {
  source.signal?.throwIfAborted();
  await readRange(source.client, info, offset, target, { signal: source.signal });
  source.onRead(target.length);
}

/** Runs `work` and makes an LtxError say which file it is about. */
export async function naming<T>(info: LtxFileInfo, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof LtxError)) throw cause;
    const file = describeFile(info);
    throw new RestoreError('file-invalid', `Cannot use ${file}: ${cause.message}`, { cause, data: { file } });
  }
}
