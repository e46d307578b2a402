import type { S3 } from '@aws-sdk/client-s3';
import type { StoreTraffic } from '../store-traffic.ts';
import { newS3Client, type S3ClientOptions } from './s3-client.ts';
import type { S3Location } from './s3-location.ts';

interface PooledClient {
  readonly client: Promise<S3>;
  users: number;
}

/** The SDK clients of a process: replicas that speak to a store in the same way share one, with its connections. */
export class S3ClientPool {
  readonly traffic: StoreTraffic;
  readonly #clients = new Map<string, PooledClient>();

  constructor(traffic: StoreTraffic) {
    this.traffic = traffic;
  }

  /** To be given back with `release`. */
  async acquire(options: S3ClientOptions): Promise<S3> {
    const key = keyOf(options);
    const pooled = this.#clients.get(key) ?? { client: newS3Client(options, this.traffic), users: 0 };
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

  #leave(key: string, pooled: PooledClient): boolean {
    pooled.users -= 1;
    if (pooled.users > 0) return false;
    this.#clients.delete(key);
    return true;
  }
}

/** Everything that a client is made of; bucket and path come with each request. */
function keyOf({ location, region, idleTimeoutMs }: S3ClientOptions): string {
  const { endpoint, forcePathStyle, credentials, skipVerify, signPayload, requireContentMd5 }: S3Location = location;
  return JSON.stringify([
    region,
    endpoint,
    forcePathStyle,
    credentials,
    skipVerify,
    signPayload,
    requireContentMd5,
    idleTimeoutMs,
  ]);
}
