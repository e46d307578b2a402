import { CallGate } from '../call-gate.ts';
import { decodeLeaseRecord, encodeLeaseRecord, type LeaseRecord } from '../lease/lease-record.ts';
import type { LeaseStore, LeaseWriteOutcome, StoredLease } from '../lease/lease-store.ts';
import type { CallOptions } from '../replica-client.ts';
import { keyBelow } from './object-keys.ts';
import { S3Api, type S3Services } from './s3-api.ts';
import type { S3Location } from './s3-location.ts';
import { getSmallObject, putSmallObject } from './small-object.ts';

/** The lease of an S3 replica: one object, `<path>/lock.json` as Litestream has it, swapped by its ETag. */
export class S3LeaseStore implements LeaseStore {
  readonly url: string;
  readonly #key: string;
  readonly #api: S3Api;
  readonly #gate: CallGate;

  /** `name`: that of the object below the location's path. */
  constructor(location: S3Location, services: S3Services, name = 'lock.json') {
    this.#key = keyBelow(location.path, name);
    this.#api = new S3Api(location, services);
    this.url = this.#api.nameOf(this.#key);
    this.#gate = new CallGate(this.url);
  }

  read({ signal }: CallOptions = {}): Promise<StoredLease | undefined> {
    return this.#gate.run(signal, async () => {
      const found = await getSmallObject(this.#api, this.#key, { signal, once: true });
      return found && { record: decodeLeaseRecord(found.bytes, this.url), tag: found.etag };
    });
  }

  /** A store that answers that another conditional write is under way has not written this one: that is a refusal too. */
  write(record: LeaseRecord, seen: StoredLease | undefined, { signal }: CallOptions = {}): Promise<LeaseWriteOutcome> {
    return this.#gate.run(signal, async () => {
      const condition = seen === undefined ? 'absent' : { etag: seen.tag };
      const written = await putSmallObject(this.#api, this.#key, encodeLeaseRecord(record), condition, {
        signal,
        once: true,
        contentType: 'application/json',
      });
      return written.outcome === 'written' ? { outcome: 'written', tag: written.etag } : { outcome: 'refused' };
    });
  }

  async close(): Promise<void> {
    await this.#gate.close();
    await this.#api.close();
  }
}
