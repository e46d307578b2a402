import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { Level } from '../../format/ltx/level.ts';
import { type Txid, toTxid } from '../../format/ltx/txid.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { CallGate } from '../call-gate.ts';
import type {
  ByteRange,
  ByteReader,
  CallOptions,
  LtxBody,
  LtxFileId,
  LtxFileInfo,
  ReplicaClient,
  WriteOptions,
  WriteOutcome,
} from '../replica-client.ts';
import { deleteObjects } from './object-deletion.ts';
import { keyBefore, levelPrefix, levelsPrefix, ltxKey, parseLtxKey } from './object-keys.ts';
import { ObjectReader } from './object-reader.ts';
import { ObjectUpload } from './object-upload.ts';
import { S3Api } from './s3-api.ts';
import type { S3ClientPool } from './s3-client-pool.ts';
import { type S3Location, s3Url } from './s3-location.ts';

export interface S3ReplicaServices {
  readonly pool: S3ClientPool;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A replica in a bucket of S3 or of a store that speaks its protocol, with the keys of Litestream's. */
export class S3ReplicaClient implements ReplicaClient {
  readonly type = 's3';
  readonly url: string;
  readonly #path: string;
  readonly #api: S3Api;
  readonly #upload: ObjectUpload;
  readonly #clock: Clock;
  readonly #gate: CallGate;

  constructor(location: S3Location, services: S3ReplicaServices) {
    this.url = s3Url(location);
    this.#path = location.path;
    this.#api = new S3Api(location, services);
    this.#upload = new ObjectUpload(this.#api, services);
    this.#clock = services.clock;
    this.#gate = new CallGate(this.url);
  }

  list(
    level: Level,
    options: CallOptions & { readonly from?: Txid | undefined } = {},
  ): AsyncGenerator<LtxFileInfo, void, undefined> {
    const startAfter = keyBefore(this.#path, level, options.from ?? toTxid(1));
    return this.#list(levelPrefix(this.#path, level), startAfter, options);
  }

  listAll(options: CallOptions = {}): AsyncGenerator<LtxFileInfo, void, undefined> {
    return this.#list(levelsPrefix(this.#path), undefined, options);
  }

  open(file: LtxFileId, range: ByteRange = { offset: 0 }, options?: CallOptions): Promise<ByteReader> {
    return this.#gate.run(options?.signal, () =>
      ObjectReader.open(this.#api, ltxKey(this.#path, file), range, { clock: this.#clock, signal: options?.signal }),
    );
  }

  write(file: LtxFileId, body: LtxBody, options: WriteOptions = {}): Promise<WriteOutcome> {
    return this.#gate.run(options.signal, () => this.#upload.create(ltxKey(this.#path, file), file, body, options));
  }

  delete(files: readonly LtxFileId[], options: CallOptions = {}): Promise<void> {
    const keys = new Set(files.map((file) => ltxKey(this.#path, file)));
    return this.#gate.run(options.signal, () => deleteObjects(this.#api, [...keys], options));
  }

  deleteAll(options: CallOptions = {}): Promise<void> {
    return this.#gate.run(options.signal, async () => {
      const keys: string[] = [];
      for await (const file of this.#pages(levelsPrefix(this.#path), undefined, options)) {
        keys.push(ltxKey(this.#path, file));
      }
      await deleteObjects(this.#api, keys, options);
    });
  }

  async close(): Promise<void> {
    await this.#gate.close();
    await this.#api.close();
  }

  async *#list(
    prefix: string,
    startAfter: string | undefined,
    options: CallOptions,
  ): AsyncGenerator<LtxFileInfo, void, undefined> {
    this.#gate.enter(options.signal);
    try {
      yield* this.#pages(prefix, startAfter, options);
    } finally {
      this.#gate.leave();
    }
  }

  /** A thousand keys a request, in the order of their bytes, which within a level is that of TXIDs. */
  async *#pages(
    prefix: string,
    startAfter: string | undefined,
    { signal }: CallOptions,
  ): AsyncGenerator<LtxFileInfo, void, undefined> {
    let from: PageStart = startAfter === undefined ? {} : { StartAfter: startAfter };
    for (let last = startAfter; ; ) {
      const start = from;
      const page: ListObjectsV2CommandOutput = await this.#api.call(
        'list',
        this.#path,
        ({ s3, http }) => s3.listObjectsV2({ Bucket: this.#api.location.bucket, Prefix: prefix, ...start }, http),
        { signal },
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) {
        signal?.throwIfAborted();
        const file = parseLtxKey(this.#path, Key);
        if (file !== undefined) yield { ...file, sizeBytes: Size };
        last = Key;
      }
      if (page.IsTruncated !== true) return;
      const { NextContinuationToken: token } = page;
      from = token === undefined ? { StartAfter: last } : { ContinuationToken: token };
    }
  }
}

/** Where a page of a listing begins; a store that gives no token is asked from the last key on. */
type PageStart = { readonly StartAfter?: string | undefined } | { readonly ContinuationToken: string };
