import { CallGate } from '../call-gate.ts';
import { decodeLeaseRecord, encodeLeaseRecord, type LeaseRecord } from '../lease/lease-record.ts';
import type { LeaseStore, LeaseWriteOutcome, StoredLease } from '../lease/lease-store.ts';
import type { CallOptions } from '../replica-client.ts';

/** One lease object. Stores over one of these see the same lease. */
export interface MemoryLeaseObject {
  bytes: Uint8Array | undefined;
  /** How often it was written; the tag. */
  writes: number;
}

export interface MemoryLeaseStoreOptions {
  /** The last part of the URL. */
  readonly name?: string | undefined;
  readonly object?: MemoryLeaseObject | undefined;
  /** Returns the error that a call is to reject with, asked right before it begins. */
  readonly fault?: ((operation: 'read' | 'write') => Error | undefined) | undefined;
}

/** A lease that lives as long as its object. */
export class MemoryLeaseStore implements LeaseStore {
  readonly url: string;
  readonly #object: MemoryLeaseObject;
  readonly #fault: (operation: 'read' | 'write') => Error | undefined;
  readonly #gate: CallGate;

  constructor(options: MemoryLeaseStoreOptions = {}) {
    this.url = `memory:${options.name ?? 'lease'}`;
    this.#object = options.object ?? { bytes: undefined, writes: 0 };
    this.#fault = options.fault ?? (() => undefined);
    this.#gate = new CallGate(this.url);
  }

  read(options?: CallOptions): Promise<StoredLease | undefined> {
    return this.#gate.run(options?.signal, async () => {
      this.#check('read');
      const { bytes, writes } = this.#object;
      return bytes === undefined ? undefined : { record: decodeLeaseRecord(bytes, this.url), tag: String(writes) };
    });
  }

  write(record: LeaseRecord, seen: StoredLease | undefined, options?: CallOptions): Promise<LeaseWriteOutcome> {
    return this.#gate.run(options?.signal, async () => {
      this.#check('write');
      const { bytes, writes } = this.#object;
      const tag = bytes === undefined ? undefined : String(writes);
      if (tag !== seen?.tag) return { outcome: 'refused' };
      this.#object.bytes = encodeLeaseRecord(record);
      this.#object.writes += 1;
      return { outcome: 'written', tag: String(this.#object.writes) };
    });
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #check(operation: 'read' | 'write'): void {
    const error = this.#fault(operation);
    if (error !== undefined) throw error;
  }
}
