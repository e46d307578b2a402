import type { Readable } from 'node:stream';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ByteRange, ByteReader, CallOptions } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import type { S3Api } from './s3-api.ts';
import { faultOf, s3Error } from './s3-error.ts';

/** How often a body may break off in a row without a byte having come. */
const mostStandstills = 8;

/** A body that is being received, and how far it reaches. */
interface OpenBody {
  readonly stream: Readable;
  readonly etag: string | undefined;
  /** Where the range asked for ends in the object. */
  readonly endsAt: number;
}

/**
 * Reads a range of an object front to back. Where a connection breaks off it goes on at the byte it had reached, in the same
 * version of the object.
 */
export class ObjectReader implements ByteReader {
  readonly #api: S3Api;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #backoff = new Backoff({ firstMs: 100, limitMs: 5_000 });
  readonly #endsAt: number;
  readonly #etag: string | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #stream: Readable | undefined;
  #chunk: Uint8Array = new Uint8Array();
  #position: number;
  #standstills = 0;
  #closed = false;

  /** A missing object is a ReplicaError `not-found`; a range past the end is empty. */
  static async open(
    api: S3Api,
    key: string,
    range: ByteRange,
    { clock, signal }: CallOptions & { readonly clock: Clock },
  ): Promise<ObjectReader> {
    const body = await openBody(api, key, range, undefined, signal);
    api.hold();
    return new ObjectReader(api, key, range.offset, body, { clock, signal });
  }

  private constructor(
    api: S3Api,
    key: string,
    offset: number,
    body: OpenBody | undefined,
    { clock, signal }: CallOptions & { readonly clock: Clock },
  ) {
    this.#api = api;
    this.#key = key;
    this.#clock = clock;
    this.#signal = signal;
    this.#position = offset;
    this.#endsAt = body?.endsAt ?? offset;
    this.#etag = body?.etag;
    this.#use(body);
  }

  async read(target: Uint8Array): Promise<number> {
    let doneBytes = 0;
    for (;;) {
      this.#signal?.throwIfAborted();
      if (this.#closed)
        throw new ReplicaError('closed', `Cannot read ${this.#api.nameOf(this.#key)}: its reader is closed`);
      const part = this.#chunk.subarray(0, target.byteLength - doneBytes);
      target.set(part, doneBytes);
      this.#chunk = this.#chunk.subarray(part.byteLength);
      doneBytes += part.byteLength;
      this.#position += part.byteLength;
      if (doneBytes === target.byteLength || this.#position >= this.#endsAt) break;
      this.#chunk = await this.#nextChunk();
    }
    // The end of the body is taken in too, or its connection could not be used again.
    if (this.#position >= this.#endsAt) await this.#chunks?.next().catch(() => {});
    return doneBytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream?.destroy();
    await this.#api.letGo();
  }

  async #nextChunk(): Promise<Uint8Array> {
    for (;;) {
      let broken: unknown;
      try {
        const next = await this.#chunks?.next();
        if (next !== undefined && !next.done) {
          this.#standstills = 0;
          this.#backoff.reset();
          return next.value.subarray(0, this.#endsAt - this.#position);
        }
        broken = Object.assign(new Error(`the body ends at byte ${this.#position} of ${this.#endsAt}`), {
          code: 'ECONNRESET',
        });
      } catch (error) {
        broken = error;
      }
      this.#signal?.throwIfAborted();
      this.#standstills += 1;
      if (this.#standstills > mostStandstills) throw s3Error('read', this.#api.nameOf(this.#key), broken);
      await this.#clock.sleep(this.#backoff.next(), this.#signal);
      const range = { offset: this.#position, length: this.#endsAt - this.#position };
      this.#use(await openBody(this.#api, this.#key, range, this.#etag, this.#signal));
    }
  }

  #use(body: OpenBody | undefined): void {
    this.#stream?.destroy();
    this.#stream = body?.stream;
    this.#stream?.on('error', () => {}); // one that comes while nobody reads is met by the next read
    this.#chunks = body?.stream[Symbol.asyncIterator]();
  }
}

/** Undefined: the object ends at or before the range. */
async function openBody(
  api: S3Api,
  key: string,
  { offset, length }: ByteRange,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenBody | undefined> {
  try {
    return await api.call(
      'open',
      key,
      async ({ s3, http, object, decryption }) => {
        const named = { ...object(key), ...decryption, ...(etag === undefined ? {} : { IfMatch: etag }) };
        if (length === 0) {
          await s3.headObject(named, http);
          return undefined;
        }
        const Range = `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`;
        const whole = offset === 0 && length === undefined;
        const answer = await s3.getObject(whole ? named : { ...named, Range }, http);
        const endsAt = endOf(answer, offset, length);
        return { stream: answer.Body as Readable, etag: answer.ETag, endsAt };
      },
      { signal },
    );
  } catch (error) {
    if (faultOf(error)?.kind === 'range') return undefined;
    throw error;
  }
}

function endOf(
  {
    ContentRange,
    ContentLength,
  }: { readonly ContentRange?: string | undefined; readonly ContentLength?: number | undefined },
  offset: number,
  length: number | undefined,
): number {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(ContentRange ?? '') ?? [];
  if (first !== undefined && Number(first) === offset) return Number(last) + 1;
  if (ContentRange === undefined && offset === 0 && ContentLength !== undefined) {
    return length === undefined ? ContentLength : Math.min(ContentLength, length);
  }
  throw new ReplicaError(
    'unsupported',
    'Cannot read a byte range: the store answers with another one than it was asked for',
  );
}
