import type { Level } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
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
} from '../../replica/replica-client.ts';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import { EngineError } from '../engine-error.ts';
import type { LeaseTerm } from './database-lease.ts';

/** The terms that writes to a replica stand under now; undefined when one of its leases is not held. */
export type CurrentTerms = () => readonly LeaseTerm[] | undefined;

/**
 * A replica that is written only while its leases are held: each write asks right before it begins, and one under way ends
 * when a lease is lost. Reading is free. Closing is left to whoever opened the replica.
 */
export class FencedClient implements ReplicaClient {
  readonly type: string;
  readonly url: string;
  readonly smallReadBytes: number | undefined;
  readonly #client: ReplicaClient;
  readonly #terms: CurrentTerms;

  constructor(client: ReplicaClient, terms: CurrentTerms) {
    this.type = client.type;
    this.url = client.url;
    this.smallReadBytes = client.smallReadBytes;
    this.#client = client;
    this.#terms = terms;
  }

  list(level: Level, options?: CallOptions & { readonly from?: Txid | undefined }): AsyncIterable<LtxFileInfo> {
    return this.#client.list(level, options);
  }

  listAll(options?: CallOptions): AsyncIterable<LtxFileInfo> {
    return this.#client.listAll(options);
  }

  open(file: LtxFileId, range?: ByteRange, options?: CallOptions): Promise<ByteReader> {
    return this.#client.open(file, range, options);
  }

  write(file: LtxFileId, body: LtxBody, options: WriteOptions = {}): Promise<WriteOutcome> {
    return this.#fenced(options, (signal) => this.#client.write(file, body, { ...options, signal }));
  }

  delete(files: readonly LtxFileId[], options: CallOptions = {}): Promise<void> {
    return this.#fenced(options, (signal) => this.#client.delete(files, { signal }));
  }

  deleteAll(options: CallOptions = {}): Promise<void> {
    return this.#fenced(options, (signal) => this.#client.deleteAll({ signal }));
  }

  async close(): Promise<void> {}

  /** Throws EngineError `lease-lost` unless writes may be sent now; returns the signals that end that. */
  requireLease(): AbortSignal[] {
    const terms = this.#terms();
    if (terms === undefined || !terms.every((term) => term.mayWrite())) throw leaseLost(this.url);
    return terms.map((term) => term.signal);
  }

  async #fenced<T>({ signal }: CallOptions, mutate: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ends = this.requireLease();
    using linked = LinkedSignal.of(signal, ...ends);
    try {
      return await mutate(linked.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (ends.some((end) => end.aborted)) throw leaseLost(this.url, error);
      throw error;
    }
  }
}

function leaseLost(url: string, cause?: unknown): EngineError {
  return new EngineError('lease-lost', `Cannot write to replica ${url}: its lease is not held`, {
    cause,
    hint: 'what was not sent stays in the local files until the lease is held again',
  });
}
