import { CallGate } from '../call-gate.ts';
import { decodeLeaseRecord, encodeLeaseRecord, type LeaseRecord } from '../lease/lease-record.ts';
import type { LeaseStore, LeaseWriteOutcome, StoredLease } from '../lease/lease-store.ts';
import type { CallOptions } from '../replica-client.ts';
import { keyBelow } from './object-keys.ts';
import { type Admission, S3Api, type S3CallOptions, type S3Services } from './s3-api.ts';
import { type S3Location, s3Url } from './s3-location.ts';
import { getSmallObject, putSmallObject } from './small-object.ts';

export interface S3LeaseStoreOptions {
  /** The object's below the path of the location, without `.json`. Default: `lock`. */
  readonly name?: string | undefined;
  /** Default `at-once`: a renewal that waits may come too late. */
  readonly admission?: Admission | undefined;
}

/** The lease of a replica in S3: the object `<path>/lock.json`, where Litestream has it, written on condition of its ETag. */
export class S3LeaseStore implements LeaseStore {
  readonly url: string;
  readonly #key: string;
  readonly #api: S3Api;
  readonly #calls: Pick<S3CallOptions, 'once' | 'admission'>;
  readonly #gate: CallGate;

  constructor(
    location: S3Location,
    services: S3Services,
    { name = 'lock', admission = 'at-once' }: S3LeaseStoreOptions = {},
  ) {
    this.#calls = { once: true, admission };
    this.#key = keyBelow(location.path, `${name}.json`);
    this.url = s3Url({ ...location, path: this.#key });
    this.#api = new S3Api(location, services);
    this.#gate = new CallGate(this.url);
  }

  read(options: CallOptions = {}): Promise<StoredLease | undefined> {
    return this.#gate.run(options.signal, async () => {
      const found = await getSmallObject(this.#api, this.#key, { ...options, ...this.#calls });
      return found && { record: decodeLeaseRecord(found.bytes, this.url), tag: found.etag };
    });
  }

  write(record: LeaseRecord, seen: StoredLease | undefined, options: CallOptions = {}): Promise<LeaseWriteOutcome> {
    return this.#gate.run(options.signal, async () => {
      const condition = seen === undefined ? 'absent' : { etag: seen.tag };
      const put = { ...options, ...this.#calls, contentType: 'application/json' };
      const result = await putSmallObject(this.#api, this.#key, encodeLeaseRecord(record), condition, put);
      return result.outcome === 'written' ? { outcome: 'written', tag: result.etag } : { outcome: 'refused' };
    });
  }

  async close(): Promise<void> {
    await this.#gate.close();
    await this.#api.close();
  }
}
