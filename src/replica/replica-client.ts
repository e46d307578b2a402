import type { Level } from '../format/ltx/level.ts';
import type { Txid } from '../format/ltx/txid.ts';

/** What names a file in a replica. Its time stands in its header only. */
export interface LtxFileId {
  readonly level: Level;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
}

export interface LtxFileInfo extends LtxFileId {
  readonly sizeBytes: number;
}

/** The bytes of a file to be written; may be opened more than once, each time giving the same bytes. */
export interface LtxBody {
  readonly sizeBytes: number;
  /** The header's timestamp. Adapters give it to the stored file for Litestream's readers, which go by it. */
  readonly timestampMs: number;
  /** Yields the bytes in order. A chunk is valid until the next one is asked for. */
  open(): AsyncIterable<Uint8Array>;
  /** A file of their own in which the bytes lie, when they do and no program will write to it again. */
  readonly shared?: SharedFile | undefined;
}

export interface SharedFile {
  readonly path: string;
  /** Whether its size and time are known to be those of the body. */
  readonly isKnown: boolean;
}

/** A byte range being read, front to back. Closed by whoever opened it. */
export interface ByteReader {
  /** Fills `target` from its start as far as possible; returns the bytes read, 0 only at the end of the range. */
  read(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  /** Default: to the end of the file. */
  readonly length?: number | undefined;
}

/** Whether a create-only write made the file or met one of that name. */
export type WriteOutcome = 'created' | 'exists';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Told, now and then and of large files only, how many bytes have arrived; from 0 again when a write is begun anew. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * A store of immutable LTX files, keyed by level and TXIDs. Nothing above this port knows where bytes come from.
 * Every adapter runs test/conformance/replica-client.ts. Failures are ReplicaErrors; aborts reject with the signal's reason.
 */
export interface ReplicaClient {
  /** `file`, `memory`, ...: as in URLs, metrics and Litestream's JSON. */
  readonly type: string;
  /** The replica's location without secrets, for messages. */
  readonly url: string;
  /** So many bytes may be read for nothing rather than ask once more. Default: 256 KB, as for a store behind a network. */
  readonly smallReadBytes?: number | undefined;

  /**
   * The files of a level with min TXID >= `from` (default 1), ascending by min TXID, then max TXID. Complete as of some
   * moment during the call; a level or replica that does not exist is empty. Names that are not LTX files are passed over.
   */
  list(level: Level, options?: CallOptions & { readonly from?: Txid | undefined }): AsyncIterable<LtxFileInfo>;

  /**
   * The files of every level, in no promised order; otherwise as `list`. A store that charges for listings is asked for all
   * levels at once.
   */
  listAll(options?: CallOptions): AsyncIterable<LtxFileInfo>;

  /** Opens a byte range. A missing file is a ReplicaError `not-found`; a range past the end is cut to the file. */
  open(file: LtxFileId, range?: ByteRange, options?: CallOptions): Promise<ByteReader>;

  /**
   * Creates a file, whole or not at all, durable when the promise resolves. Never replaces: an existing file of that
   * name, also one that appears meanwhile, stays as it is and gives `exists`. Of concurrent creates one wins.
   */
  write(file: LtxFileId, body: LtxBody, options?: WriteOptions): Promise<WriteOutcome>;

  /** Removes files. Missing ones are no error. Not atomic: after an error some may be gone; may be called again. */
  delete(files: readonly LtxFileId[], options?: CallOptions): Promise<void>;

  /** Removes every LTX file of the replica and nothing else. */
  deleteAll(options?: CallOptions): Promise<void>;

  /** Idempotent. Calls under way end first; later ones reject with a ReplicaError `closed`. */
  close(): Promise<void>;
}
