import type { CompletedPart } from '@aws-sdk/client-s3';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { WriteOptions } from '../replica-client.ts';
import type { S3Api, S3Opened } from './s3-api.ts';

/** How long an upload that failed may take to be taken back; after an abort, which is to be quick, and else. */
const takeBackMs = { aborted: 1_000, failed: 10_000 };

export interface PartUpload {
  readonly key: string;
  /** Valid each until the next is asked for; more than one part in all. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly partSizeBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: WriteOptions['onProgress'];
  /** What goes with the object. */
  readonly fields: ReturnType<S3Opened['object']> & { readonly IfNoneMatch?: string };
}

/**
 * Puts an object by parts, several at a time, each request tried again by itself. The buffers of the parts are used again
 * and again: a large object takes no more memory than the parts that are under way.
 */
export async function uploadParts(api: S3Api, upload: PartUpload, { logger }: { logger: Logger }): Promise<void> {
  const { key, fields, signal } = upload;
  const ChecksumAlgorithm = await checksumAlgorithm(api);
  const { IfNoneMatch, ...created } = fields;
  const { UploadId } = await api.call(
    'write',
    key,
    ({ s3, http }) => s3.createMultipartUpload({ ...created, ...ChecksumAlgorithm }, http),
    { signal },
  );
  const upTo = { UploadId: UploadId! };
  try {
    const parts = await sendParts(api, upload, upTo);
    await api.call(
      'write',
      key,
      ({ s3, http, object, decryption }) =>
        s3.completeMultipartUpload(
          {
            ...{ ...object(key), ...decryption, ...upTo, MultipartUpload: { Parts: parts } },
            ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
          },
          http,
        ),
      { signal },
    );
  } catch (error) {
    await takeBack(api, upload, upTo, logger);
    throw error;
  }
}

/** As the SDK decides for single requests; for an upload in parts it has to be said at its start. */
async function checksumAlgorithm(api: S3Api): Promise<{ readonly ChecksumAlgorithm?: 'CRC32' }> {
  const { s3 } = await api.open();
  const when = await s3.config.requestChecksumCalculation();
  return when === 'WHEN_SUPPORTED' ? { ChecksumAlgorithm: 'CRC32' } : {};
}

async function sendParts(
  api: S3Api,
  { key, chunks, partSizeBytes, signal, onProgress }: PartUpload,
  upTo: { readonly UploadId: string },
): Promise<CompletedPart[]> {
  const reader = new PartReader(chunks);
  const parts: CompletedPart[] = [];
  const failure = new AbortController();
  let sentBytes = 0;
  using ends = LinkedSignal.of(signal, failure.signal);
  const worker = async () => {
    const buffer = Buffer.allocUnsafeSlow(partSizeBytes);
    for (;;) {
      const { PartNumber, bytes: Body } = await reader.fill(buffer);
      ends.signal.throwIfAborted();
      if (Body.length === 0) return;
      const { ETag, ChecksumCRC32 } = await api.call(
        'write',
        key,
        ({ s3, http, object, decryption }) =>
          s3.uploadPart({ ...object(key), ...decryption, ...upTo, PartNumber, Body }, http),
        { signal: ends.signal },
      );
      sentBytes += Body.length;
      onProgress?.(sentBytes);
      parts.push({ PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) });
    }
  };
  // The first failure cuts the others off, so that nothing of the upload comes after it was taken back.
  const workers = Array.from({ length: api.location.concurrency }, () =>
    worker().catch((error: unknown) => failure.abort(error)),
  );
  await Promise.all(workers);
  await reader.close();
  ends.signal.throwIfAborted();
  return parts.sort((a, b) => a.PartNumber! - b.PartNumber!);
}

/** Cuts chunks into parts, one reader at a time. */
class PartReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #partNumber = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Fills `buffer` with the next part, the last of which may be shorter; no bytes when there is none. */
  async fill(buffer: Buffer): Promise<{ readonly PartNumber: number; readonly bytes: Buffer }> {
    const filled = this.#turn.then(() => this.#fill(buffer));
    this.#turn = filled.catch(() => {});
    return filled;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(buffer: Buffer) {
    let filledBytes = 0;
    while (filledBytes < buffer.length) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) break;
        this.#rest = value;
      }
      const taken = this.#rest.subarray(0, buffer.length - filledBytes);
      buffer.set(taken, filledBytes);
      filledBytes += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    this.#partNumber += 1;
    return { PartNumber: this.#partNumber, bytes: buffer.subarray(0, filledBytes) };
  }
}

/** Goes out in spite of the signal, and is not worth an error of its own. */
async function takeBack(
  api: S3Api,
  { key, signal }: PartUpload,
  upTo: { readonly UploadId: string },
  logger: Logger,
): Promise<void> {
  const limit = AbortSignal.timeout(signal?.aborted ? takeBackMs.aborted : takeBackMs.failed);
  try {
    await api.call('write', key, ({ s3, http, object }) => s3.abortMultipartUpload({ ...object(key), ...upTo }, http), {
      signal: limit,
      once: true,
    });
  } catch (error) {
    logger.debug('The parts of a failed upload stay in the store', { key, error });
  }
}
