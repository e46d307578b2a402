import type { S3 } from '@aws-sdk/client-s3';
import type { StoreTraffic } from '../store-traffic.ts';
import { defaultRegion, findBucketRegion } from './bucket-region.ts';
import { newS3Client, type S3ClientOptions } from './s3-client.ts';
import type { S3Location } from './s3-location.ts';

const minuteMs = 60_000;

interface PooledClient {
  readonly client: Promise<S3>;
  users: number;
}

export interface S3ClientPoolOptions {
  /** How long nothing may come or go on a connection before it is given up. Default: a minute. */
  readonly idleTimeoutMs?: number | undefined;
}

/** The SDK clients of a process: replicas that speak to a store in the same way share one, with its connections. */
export class S3ClientPool {
  readonly traffic: StoreTraffic;
  readonly #idleTimeoutMs: number;
  readonly #clients = new Map<string, PooledClient>();
  readonly #regions = new Map<string, Promise<string>>();

  constructor(traffic: StoreTraffic, { idleTimeoutMs = minuteMs }: S3ClientPoolOptions = {}) {
    this.traffic = traffic;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** To be given back with `release`. */
  async acquire(options: S3ClientOptions): Promise<S3> {
    const key = keyOf(options);
    const pooled = this.#clients.get(key) ?? this.#new(options);
    this.#clients.set(key, pooled);
    pooled.users += 1;
    try {
      return await pooled.client;
    } catch (error) {
      this.#leave(key, pooled);
      throw error;
    }
  }

  /** Closes the connections of a client that nobody uses any more. */
  async release(options: S3ClientOptions): Promise<void> {
    const key = keyOf(options);
    const pooled = this.#clients.get(key);
    if (pooled === undefined) return;
    if (this.#leave(key, pooled)) (await pooled.client).destroy();
  }

  /** The region of a bucket of AWS, which is asked for once, however many replicas are in it. Throws what the SDK throws. */
  async regionOf(location: S3Location): Promise<string> {
    const key = JSON.stringify([location.bucket, keyOf({ location, region: defaultRegion })]);
    const asking = this.#regions.get(key) ?? this.#askForRegion(location);
    this.#regions.set(key, asking);
    try {
      return await asking;
    } catch (error) {
      this.#regions.delete(key);
      throw error;
    }
  }

  async #askForRegion(location: S3Location): Promise<string> {
    const options: S3ClientOptions = { location, region: defaultRegion };
    const s3 = await this.acquire(options);
    try {
      return await findBucketRegion(s3, location.bucket, undefined);
    } finally {
      await this.release(options);
    }
  }

  #new(options: S3ClientOptions): PooledClient {
    const services = { traffic: this.traffic, idleTimeoutMs: this.#idleTimeoutMs };
    return { client: newS3Client(options, services), users: 0 };
  }

  #leave(key: string, pooled: PooledClient): boolean {
    pooled.users -= 1;
    if (pooled.users > 0) return false;
    this.#clients.delete(key);
    return true;
  }
}

/** Everything that a client is made of; bucket and path come with each request. */
function keyOf({ location, region }: S3ClientOptions): string {
  const { endpoint, forcePathStyle, credentials, skipVerify, signPayload, requireContentMd5 }: S3Location = location;
  return JSON.stringify([region, endpoint, forcePathStyle, credentials, skipVerify, signPayload, requireContentMd5]);
}
