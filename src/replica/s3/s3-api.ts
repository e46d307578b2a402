import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { S3 } from '@aws-sdk/client-s3';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { CallOptions } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { defaultRegion } from './bucket-region.ts';
import type { S3ClientOptions } from './s3-client.ts';
import type { S3ClientPool } from './s3-client-pool.ts';
import { faultOf, type S3Act, s3Error } from './s3-error.ts';
import type { S3FaultKind } from './s3-fault.ts';
import { checkedCustomerKey, type S3Location, s3Url } from './s3-location.ts';

const firstRetryMs = 100;
const retryLimitMs = 5_000;

/** How often a request is sent at most, by what is wrong with it. For what is not listed: once. */
const mostTries: Readonly<Partial<Record<S3FaultKind, number>>> = {
  busy: 8,
  broken: 8,
  unreachable: 3,
  clock: 2, // the SDK has taken the store's time over meanwhile
};

export interface S3Services {
  readonly pool: S3ClientPool;
  readonly clock: Clock;
}

export type Admission = 'at-once' | 'in-turn';

export interface S3CallOptions extends CallOptions {
  /** Sends the request one time: whether a repetition is safe, and worth anything, is known above only. */
  readonly once?: boolean | undefined;
  /** Default: after those that came before, below the ceiling. `at-once` is for what is worth nothing later: renewals. */
  readonly admission?: Admission | undefined;
}

/** What every request is made with. */
export interface S3Opened {
  readonly s3: S3;
  /** What names an object of the bucket. */
  object(key: string): { readonly Bucket: string; readonly Key: string };
  /** What goes with the reading of every object. */
  readonly decryption: CustomerKey | object;
  /** What goes with the writing of every object. */
  readonly encryption: CustomerKey | KmsKey | object;
}

export interface S3Session extends S3Opened {
  /** Cuts the request off when the call is aborted. */
  readonly http: { readonly abortSignal?: AbortSignal };
}

interface CustomerKey {
  readonly SSECustomerAlgorithm: 'AES256';
  readonly SSECustomerKey: string;
}

interface KmsKey {
  readonly ServerSideEncryption: 'aws:kms';
  readonly SSEKMSKeyId: string;
}

/** One bucket, spoken to through the AWS SDK: requests sent again while that helps, below the ceiling, errors translated. */
export class S3Api {
  readonly location: S3Location;
  readonly #pool: S3ClientPool;
  readonly #clock: Clock;
  #opening: Promise<S3Opened> | undefined;
  #inUse: S3ClientOptions | undefined;
  #holders = 0;
  #isClosed = false;

  /** Touches nothing: the SDK is loaded and the bucket asked by the first call. */
  constructor(location: S3Location, { pool, clock }: S3Services) {
    this.location = location;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** How messages name an object. */
  nameOf(key: string): string {
    return s3Url({ ...this.location, path: key, endpoint: undefined });
  }

  /**
   * Makes a request that may be repeated. Rejects with a ReplicaError, whose `faultOf` says what it came of, or with the
   * signal's reason; then nothing is sent any more, and what was being sent is cut off.
   */
  async call<T>(
    act: S3Act,
    key: string,
    request: (session: S3Session) => Promise<T>,
    { signal, once = false, admission = 'in-turn' }: S3CallOptions = {},
  ): Promise<T> {
    if (signal !== undefined) setMaxListeners(0, signal); // the SDK listens several times for each request
    const backoff = new Backoff({ firstMs: firstRetryMs, limitMs: retryLimitMs });
    for (let tries = 1; ; tries += 1) {
      try {
        return await orAborted(this.#try(request, signal, admission), signal);
      } catch (error) {
        signal?.throwIfAborted();
        const told = s3Error(act, this.nameOf(key), error);
        if (once || tries >= triesFor(told)) throw told;
        await this.#clock.sleep(backoff.next() * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  /** Loads the SDK and finds the region, once. Throws what the SDK throws, and ReplicaErrors. */
  async open(): Promise<S3Opened> {
    this.#opening ??= this.#open();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Keeps the connections although the api may be closed meanwhile, until `letGo`. */
  hold(): void {
    this.#holders += 1;
  }

  async letGo(): Promise<void> {
    this.#holders -= 1;
    if (this.#isClosed) await this.#release();
  }

  /** Gives the connections back, when nobody holds them any more. Calls under way are to have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#release();
  }

  async #try<T>(
    request: (session: S3Session) => Promise<T>,
    signal: AbortSignal | undefined,
    admission: Admission,
  ): Promise<T> {
    signal?.throwIfAborted();
    const opened = await this.open();
    if (admission === 'at-once') this.#pool.traffic.admitAtOnce();
    else await this.#pool.traffic.admit(signal);
    signal?.throwIfAborted();
    return request({ ...opened, http: signal === undefined ? {} : { abortSignal: signal } });
  }

  async #open(): Promise<S3Opened> {
    const { location } = this;
    const customerKey = await customerKeyOf(location);
    const region =
      location.region ?? (location.endpoint === undefined ? await this.#pool.regionOf(location) : defaultRegion);
    const options: S3ClientOptions = { location, region };
    const s3 = await this.#pool.acquire(options);
    this.#inUse = options;
    const kmsKey: KmsKey | object =
      location.encryption.kind === 'kms'
        ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: location.encryption.keyId }
        : {};
    return {
      s3,
      object: (key) => ({ Bucket: location.bucket, Key: key }),
      decryption: customerKey ?? {},
      encryption: customerKey ?? kmsKey,
    };
  }

  async #release(): Promise<void> {
    await this.#opening?.catch(() => {});
    const inUse = this.#inUse;
    if (inUse === undefined || this.#holders > 0) return;
    this.#inUse = undefined;
    this.#opening = undefined;
    await this.#pool.release(inUse);
  }
}

/** What the SDK does before it sends a request, such as looking for credentials, does not heed the signal. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: settled.signal });
  });
  return Promise.race([work, aborted]).finally(() => settled.abort());
}

function triesFor(error: ReplicaError): number {
  return mostTries[faultOf(error)?.kind ?? 'other'] ?? 1;
}

async function customerKeyOf({ encryption, bucket, path }: S3Location): Promise<CustomerKey | undefined> {
  if (encryption.kind === 'customer-key') return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: encryption.key };
  if (encryption.kind !== 'customer-key-file') return undefined;
  let key = '';
  try {
    key = (await readFile(encryption.path, 'utf8')).trim();
  } catch (error) {
    throw new ReplicaError(
      'denied',
      `Cannot read the sse-customer-key of ${s3Url({ bucket, path, endpoint: undefined })}: ${encryption.path} cannot be read`,
      {
        cause: error,
        hint: 'Correct sse-customer-key-path, or its permissions',
      },
    );
  }
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: checkedCustomerKey({ bucket, path }, key) };
}
