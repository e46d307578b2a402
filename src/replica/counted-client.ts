import type { Level } from '../format/ltx/level.ts';
import type { Txid } from '../format/ltx/txid.ts';
import { systemErrorCode } from '../runtime/typed-error.ts';
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
} from './replica-client.ts';
import type { StoreTraffic } from './store-traffic.ts';

type Operation = 'GET' | 'LIST' | 'PUT' | 'DELETE';

/** A client whose calls are counted one by one: for stores that are not asked by HTTP, where each request is counted. */
export class CountedClient implements ReplicaClient {
  readonly #client: ReplicaClient;
  readonly #traffic: StoreTraffic;

  constructor(client: ReplicaClient, traffic: StoreTraffic) {
    this.#client = client;
    this.#traffic = traffic;
  }

  get type(): string {
    return this.#client.type;
  }

  get url(): string {
    return this.#client.url;
  }

  get smallReadBytes(): number | undefined {
    return this.#client.smallReadBytes;
  }

  list(level: Level, options?: CallOptions & { readonly from?: Txid | undefined }): AsyncIterable<LtxFileInfo> {
    return this.#listed(this.#client.list(level, options));
  }

  listAll(options?: CallOptions): AsyncIterable<LtxFileInfo> {
    return this.#listed(this.#client.listAll(options));
  }

  async open(file: LtxFileId, range?: ByteRange, options?: CallOptions): Promise<ByteReader> {
    const reader = await this.#counted('GET', 0, () => this.#client.open(file, range, options));
    const of = { replicaType: this.type, operation: 'GET' };
    return {
      read: async (target) => {
        const bytesReceived = await reader.read(target);
        this.#traffic.count({ ...of, bytesReceived });
        return bytesReceived;
      },
      close: () => reader.close(),
    };
  }

  write(file: LtxFileId, body: LtxBody, options?: WriteOptions): Promise<WriteOutcome> {
    return this.#counted('PUT', body.sizeBytes, () => this.#client.write(file, body, options));
  }

  delete(files: readonly LtxFileId[], options?: CallOptions): Promise<void> {
    return this.#counted('DELETE', 0, () => this.#client.delete(files, options));
  }

  deleteAll(options?: CallOptions): Promise<void> {
    return this.#counted('DELETE', 0, () => this.#client.deleteAll(options));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async *#listed(files: AsyncIterable<LtxFileInfo>): AsyncGenerator<LtxFileInfo, void, undefined> {
    const end = this.#begin('LIST', 0);
    try {
      yield* files;
      end();
    } catch (error) {
      end(error);
      throw error;
    }
  }

  async #counted<T>(operation: Operation, bytesSent: number, call: () => Promise<T>): Promise<T> {
    const end = this.#begin(operation, bytesSent);
    try {
      const result = await call();
      end();
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  #begin(operation: Operation, bytesSent: number): (error?: unknown) => void {
    const of = { replicaType: this.type, operation };
    const startMs = performance.now();
    return (error) => {
      const errorCode = error === undefined ? undefined : codeOf(error);
      this.#traffic.count({ ...of, requests: 1, bytesSent, errorCode, tookMs: performance.now() - startMs });
    };
  }
}

/** That of the system, where it said something. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return systemErrorCode(cause) ?? systemErrorCode(error) ?? 'unknown';
}
