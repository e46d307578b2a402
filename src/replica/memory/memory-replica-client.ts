import type { Level } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { CallGate } from '../call-gate.ts';
import { levelPath, ltxPath, parseLtxPath } from '../directory-layout.ts';
import type {
  ByteRange,
  ByteReader,
  CallOptions,
  LtxBody,
  LtxFileId,
  LtxFileInfo,
  ReplicaClient,
  WriteOutcome,
} from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { sizedChunks } from '../sized-chunks.ts';

/** Paths as in a directory replica, and bytes. Clients over one map see the same files. */
export type MemoryFiles = Map<string, Uint8Array>;

/** A call as the fault hook sees it, right before it begins. `delete` comes once for each file. */
export type MemoryCall =
  | { readonly operation: 'list'; readonly level: Level }
  | { readonly operation: 'open' | 'read' | 'write' | 'delete'; readonly file: LtxFileId }
  | { readonly operation: 'listAll' | 'deleteAll' };

export interface MemoryReplicaOptions {
  /** The last part of the URL. */
  readonly name?: string | undefined;
  readonly files?: MemoryFiles | undefined;
  /** Returns the error that a call is to reject with. */
  readonly fault?: ((call: MemoryCall) => Error | undefined) | undefined;
}

/** A replica that lives as long as its map: for tests, and for programs that want one without a store. */
export class MemoryReplicaClient implements ReplicaClient {
  readonly type = 'memory';
  readonly url: string;
  readonly #files: MemoryFiles;
  readonly #fault: (call: MemoryCall) => Error | undefined;
  readonly #gate: CallGate;

  constructor(options: MemoryReplicaOptions = {}) {
    this.url = `memory:${options.name ?? 'replica'}`;
    this.#files = options.files ?? new Map();
    this.#fault = options.fault ?? (() => undefined);
    this.#gate = new CallGate(this.url);
  }

  async *list(
    level: Level,
    options: CallOptions & { readonly from?: Txid | undefined } = {},
  ): AsyncGenerator<LtxFileInfo, void, undefined> {
    this.#gate.enter(options.signal);
    try {
      this.#check({ operation: 'list', level });
      for (const [path, bytes] of this.#sorted(`${levelPath(level)}/`)) {
        const file = parseLtxPath(path);
        if (file === undefined || file.minTxid < (options.from ?? 1n)) continue;
        options.signal?.throwIfAborted();
        yield { ...file, sizeBytes: bytes.byteLength };
      }
    } finally {
      this.#gate.leave();
    }
  }

  async *listAll(options: CallOptions = {}): AsyncGenerator<LtxFileInfo, void, undefined> {
    this.#gate.enter(options.signal);
    try {
      this.#check({ operation: 'listAll' });
      for (const [path, bytes] of this.#sorted('')) {
        const file = parseLtxPath(path);
        options.signal?.throwIfAborted();
        if (file !== undefined) yield { ...file, sizeBytes: bytes.byteLength };
      }
    } finally {
      this.#gate.leave();
    }
  }

  open(file: LtxFileId, range: ByteRange = { offset: 0 }, options?: CallOptions): Promise<ByteReader> {
    return this.#gate.run(options?.signal, async () => {
      this.#check({ operation: 'open', file });
      const bytes = this.#files.get(ltxPath(file));
      if (bytes === undefined) {
        throw new ReplicaError('not-found', `Cannot open ${this.url}/${ltxPath(file)}: it does not exist`);
      }
      const end = range.offset + (range.length ?? Number.POSITIVE_INFINITY);
      return new MemoryReader(bytes.subarray(range.offset, end), (closed) => {
        if (closed) throw new ReplicaError('closed', `Cannot read ${this.url}/${ltxPath(file)}: its reader is closed`);
        this.#check({ operation: 'read', file });
      });
    });
  }

  write(file: LtxFileId, body: LtxBody, options?: CallOptions): Promise<WriteOutcome> {
    return this.#gate.run(options?.signal, async () => {
      this.#check({ operation: 'write', file });
      const path = ltxPath(file);
      if (this.#files.has(path)) return 'exists';
      const chunks: Uint8Array[] = [];
      for await (const chunk of sizedChunks(file, body)) {
        options?.signal?.throwIfAborted();
        chunks.push(new Uint8Array(chunk));
      }
      options?.signal?.throwIfAborted();
      if (this.#files.has(path)) return 'exists';
      this.#files.set(path, Buffer.concat(chunks));
      return 'created';
    });
  }

  delete(files: readonly LtxFileId[], options?: CallOptions): Promise<void> {
    return this.#gate.run(options?.signal, async () => {
      for (const file of files) {
        options?.signal?.throwIfAborted();
        this.#check({ operation: 'delete', file });
        this.#files.delete(ltxPath(file));
      }
    });
  }

  deleteAll(options?: CallOptions): Promise<void> {
    return this.#gate.run(options?.signal, async () => {
      this.#check({ operation: 'deleteAll' });
      for (const path of this.#files.keys()) if (parseLtxPath(path) !== undefined) this.#files.delete(path);
    });
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #check(call: MemoryCall): void {
    const error = this.#fault(call);
    if (error !== undefined) throw error;
  }

  #sorted(prefix: string): [string, Uint8Array][] {
    const entries = [...this.#files].filter(([path]) => path.startsWith(prefix));
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

class MemoryReader implements ByteReader {
  readonly #check: (closed: boolean) => void;
  #rest: Uint8Array;
  #closed = false;

  constructor(bytes: Uint8Array, check: (closed: boolean) => void) {
    this.#rest = bytes;
    this.#check = check;
  }

  async read(target: Uint8Array): Promise<number> {
    this.#check(this.#closed);
    const part = this.#rest.subarray(0, target.byteLength);
    target.set(part);
    this.#rest = this.#rest.subarray(part.byteLength);
    return part.byteLength;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
