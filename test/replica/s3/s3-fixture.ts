import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keyBelow, levelPrefix } from '../../../src/replica/s3/object-keys.ts';
import { S3Api } from '../../../src/replica/s3/s3-api.ts';
import { S3ClientPool, type S3ClientPoolOptions } from '../../../src/replica/s3/s3-client-pool.ts';
import type { S3Settings } from '../../../src/replica/s3/s3-location.ts';
import { S3ReplicaClient, type S3ReplicaServices } from '../../../src/replica/s3/s3-replica-client.ts';
import { putSmallObject } from '../../../src/replica/s3/small-object.ts';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { type Logger, silentLogger } from '../../../src/runtime/logger.ts';
import type { ReplicaFixture } from '../../conformance/replica-client/fixture.ts';
import type { S3Server } from '../../support/s3-server.ts';

/** Services of its own, whose traffic can be looked at. */
export function s3Services(
  logger: Logger = silentLogger,
  options: S3ClientPoolOptions = {},
): S3ReplicaServices & { readonly traffic: StoreTraffic } {
  const traffic = new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock });
  return { traffic, pool: new S3ClientPool(traffic, options), clock: systemClock, logger };
}

/** A replica under a path of its own. */
export async function openS3Fixture(server: S3Server, settings: S3Settings = {}): Promise<ReplicaFixture> {
  const services = s3Services();
  const path = `${randomUUID()}/deep`;
  const location = server.location(path, settings);
  const reopened: S3ReplicaClient[] = [];
  const reopen = () => {
    const client = new S3ReplicaClient(location, services);
    reopened.push(client);
    return client;
  };
  const client = reopen();
  const api = new S3Api(location, services);
  return {
    client,
    reopen,
    async plant(level, name, bytes) {
      await putSmallObject(api, levelPrefix(path, level) + name, bytes, 'none');
    },
    async names(level) {
      const folder = join(server.bucketFolder, keyBelow(levelPrefix(path, level), ''));
      return (await readdir(folder).catch(() => [])).sort();
    },
    async [Symbol.asyncDispose]() {
      for (const each of reopened) await each.close();
      await api.close();
    },
  };
}
