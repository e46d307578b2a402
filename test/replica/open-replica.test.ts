import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { openReplica } from '../../src/replica/open-replica.ts';
import type { ReplicaLocation } from '../../src/replica/replica-location.ts';
import { s3Location } from '../../src/replica/s3/s3-location.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const services = { durableFiles: new DurableFiles(), logger: silentLogger };

describe('openReplica', () => {
  test('openReplica makes the client of a URL, a path and a location', async () => {
    const replicas: [string | ReplicaLocation, string, string][] = [
      ['file:///a/b/', 'file', 'file:///a/b'],
      ['x/y', 'file', `file://${resolve('x/y')}`],
      [{ type: 'file', path: '/a' }, 'file', 'file:///a'],
      ['s3://bucket/a/b', 's3', 's3://bucket/a/b'],
      [s3Location({ bucket: 'b', endpoint: 'localhost:9000' }), 's3', 's3://b?endpoint=http://localhost:9000'],
    ];
    for (const [replica, type, url] of replicas) {
      const client = openReplica(replica, services);
      assert.deepEqual([client.type, client.url], [type, url]);
      await client.close();
    }
  });

  test('openReplica refuses what is no replica, and types that are not there', () => {
    for (const [replica, code] of [
      ['s3://', 'invalid-url'],
      ['floppy://a', 'invalid-url'],
      ['gs://a', 'unsupported'],
    ] as const) {
      assert.throws(() => openReplica(replica, services), { name: 'ReplicaError', code }, replica);
    }
  });
});
