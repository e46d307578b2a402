import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { CallOptions, LtxBody, LtxFileId, WriteOutcome } from '../replica-client.ts';
import { sizedChunks } from '../sized-chunks.ts';
import type { S3Api, S3Opened } from './s3-api.ts';
import { faultOf } from './s3-error.ts';

/** How often a write is begun anew because another one, or the store, put an end to it. */
const mostStarts = 8;
const mostParts = 10_000;
/** How long an upload that failed may take to be taken back; after an abort, which is to be quick, and else. */
const takeBackMs = { aborted: 1_000, failed: 10_000 };

export interface UploadServices {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Upload {
  readonly key: string;
  readonly file: LtxFileId;
  readonly body: LtxBody;
  readonly signal: AbortSignal | undefined;
}

/** Creates objects and never replaces one: by one request up to the part size, by parts above it. */
export class ObjectUpload {
  readonly #api: S3Api;
  readonly #services: UploadServices;
  /** Whether the store honours `If-None-Match`; without it, it is asked before whether the object is there. */
  #isConditional = true;
  #isToldOf = false;

  constructor(api: S3Api, services: UploadServices) {
    this.#api = api;
    this.#services = services;
  }

  /**
   * Errors of the body pass unchanged. An object that is there gives `exists`, also when it is this very write, whose reply
   * was lost.
   */
  async create(key: string, file: LtxFileId, body: LtxBody, { signal }: CallOptions): Promise<WriteOutcome> {
    const upload: Upload = { key, file, body, signal };
    const isLarge = body.sizeBytes > this.#api.location.partSizeBytes;
    const backoff = new Backoff({ firstMs: 100, limitMs: 5_000 });
    for (let starts = 1; ; starts += 1) {
      try {
        if ((isLarge || !this.#isConditional) && (await this.#exists(upload))) return 'exists';
        await (isLarge ? this.#putParts(upload) : this.#putWhole(upload));
        this.#tellOfStore();
        return 'created';
      } catch (error) {
        signal?.throwIfAborted();
        const kind = faultOf(error)?.kind;
        if (kind === 'condition') return 'exists';
        // An upload that is gone may have been completed by a request whose reply was lost: the next start looks.
        const mayStartAgain = kind === 'conflict' || kind === 'no-upload';
        const lacksConditions = kind === 'not-implemented' && this.#isConditional;
        if (lacksConditions) this.#isConditional = false;
        else if (!mayStartAgain || starts === mostStarts) throw error;
        else await this.#services.clock.sleep(backoff.next() * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  async #exists({ key, signal }: Upload): Promise<boolean> {
    try {
      await this.#api.call(
        'write',
        key,
        ({ s3, http, object, decryption }) => s3.headObject({ ...object(key), ...decryption }, http),
        { signal },
      );
      return true;
    } catch (error) {
      if (faultOf(error)?.kind === 'no-object') return false;
      throw error;
    }
  }

  async #putWhole(upload: Upload): Promise<void> {
    const { key, file, body, signal } = upload;
    const bytes = Buffer.allocUnsafe(body.sizeBytes);
    let filled = 0;
    for await (const chunk of sizedChunks(file, body)) {
      signal?.throwIfAborted();
      bytes.set(chunk, filled);
      filled += chunk.byteLength;
    }
    await this.#api.call(
      'write',
      key,
      ({ s3, http, ...opened }) => s3.putObject({ ...this.#fields(upload, opened), Body: bytes }, http),
      { signal },
    );
  }

  /** Holds the parts that are under way in memory, and one more. */
  async #putParts(upload: Upload): Promise<void> {
    const { file, body, signal } = upload;
    const { Upload: PartsUpload } = await import('@aws-sdk/lib-storage');
    const opened = await this.#api.open();
    const { partSizeBytes, concurrency } = this.#api.location;
    const parts = new PartsUpload({
      client: this.#sender(opened.s3, upload),
      params: {
        ...this.#fields(upload, opened),
        Body: Readable.from(copies(sizedChunks(file, body), signal)),
        ContentLength: body.sizeBytes,
      },
      partSize: Math.max(partSizeBytes, Math.ceil(body.sizeBytes / mostParts)),
      queueSize: concurrency,
    });
    await parts.done();
  }

  /**
   * What the upload sends its requests through: each is tried again by itself and cut off by the signal, neither of which
   * the upload does. Taking back what failed goes out in spite of the signal, and is not worth an error of its own.
   */
  #sender(s3: S3Client, { key, signal }: Upload): S3Client {
    const send = async (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
      if (command.constructor.name !== 'AbortMultipartUploadCommand') {
        return this.#api.call('write', key, ({ http }) => s3.send(command, http), { signal });
      }
      const limit = AbortSignal.timeout(signal?.aborted ? takeBackMs.aborted : takeBackMs.failed);
      try {
        return await this.#api.call('write', key, ({ http }) => s3.send(command, http), { signal: limit, once: true });
      } catch (error) {
        this.#services.logger.debug('The parts of a failed upload stay in the store', { key, error });
        return {};
      }
    };
    return { config: s3.config, send } as unknown as S3Client;
  }

  #fields({ key, body }: Upload, { object, encryption }: Pick<S3Opened, 'object' | 'encryption'>) {
    const { storageClass } = this.#api.location;
    return {
      ...object(key),
      ...encryption,
      Metadata: { 'litestream-timestamp': rfc3339(body.timestampMs) },
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' }),
      ...(this.#isConditional ? { IfNoneMatch: '*' } : {}),
    };
  }

  /** Says once, when it has proved to work without, that the store does not keep a second writer out. */
  #tellOfStore(): void {
    if (this.#isConditional || this.#isToldOf) return;
    this.#isToldOf = true;
    this.#services.logger.warn(
      'The store has no conditional writes: two programs that write one replica are not kept apart',
      {
        bucket: this.#api.location.bucket,
      },
    );
  }
}

/** The body's chunks are valid until the next one, the upload collects several. */
async function* copies(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield Buffer.from(chunk);
  }
}

/** As Litestream writes it: no trailing zeros. */
function rfc3339(timestampMs: number): string {
  return new Date(timestampMs).toISOString().replace(/\.?0+Z$/, 'Z');
}
