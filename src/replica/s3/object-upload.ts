import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LtxBody, LtxFileId, WriteOptions, WriteOutcome } from '../replica-client.ts';
import { sizedChunks } from '../sized-chunks.ts';
import { uploadParts } from './part-upload.ts';
import type { S3Api, S3Opened } from './s3-api.ts';
import { faultOf } from './s3-error.ts';

/** How often a write is begun anew because another one, or the store, put an end to it. */
const mostStarts = 8;
const mostParts = 10_000;
export interface UploadServices {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Upload {
  readonly key: string;
  readonly file: LtxFileId;
  readonly body: LtxBody;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: WriteOptions['onProgress'];
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
  async create(key: string, file: LtxFileId, body: LtxBody, options: WriteOptions): Promise<WriteOutcome> {
    const { signal, onProgress } = options;
    const upload: Upload = { key, file, body, signal, onProgress };
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
        // Refused without a condition too, it was not the condition.
        if (kind === 'not-implemented') this.#isConditional = !lacksConditions;
        if (lacksConditions) continue;
        if (!mayStartAgain || starts === mostStarts) throw error;
        await this.#services.clock.sleep(backoff.next() * (0.5 + Math.random() / 2), signal);
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

  async #putParts(upload: Upload): Promise<void> {
    const { key, file, body, signal, onProgress } = upload;
    const fields = this.#fields(upload, await this.#api.open());
    const partSizeBytes = Math.max(this.#api.location.partSizeBytes, Math.ceil(body.sizeBytes / mostParts));
    const chunks = sizedChunks(file, body);
    await uploadParts(this.#api, { key, chunks, partSizeBytes, signal, onProgress, fields }, this.#services);
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

/** As Litestream writes it: no trailing zeros. */
function rfc3339(timestampMs: number): string {
  return new Date(timestampMs).toISOString().replace(/\.?0+Z$/, 'Z');
}
