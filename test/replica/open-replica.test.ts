import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { openReplica, type ReplicaSettings } from '../../src/replica/open-replica.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const services = { durableFiles: new DurableFiles(), logger: silentLogger };

describe('openReplica', () => {
  test('openReplica makes a directory replica of a URL, a path and settings', () => {
    const urls: [string | ReplicaSettings, string][] = [
      ['file:///a/b/', 'file:///a/b'],
      ['x/y', `file://${resolve('x/y')}`],
      [{ url: 'file:///a' }, 'file:///a'],
      [{ url: 'file:///a', type: 's3' }, 'file:///a'],
      [{ path: '/a' }, 'file:///a'],
      [{ type: 'file', path: '/a' }, 'file:///a'],
    ];
    for (const [replica, url] of urls) {
      const client = openReplica(replica, services);
      assert.deepEqual([client.type, client.url], ['file', url]);
    }
  });

  test('openReplica refuses settings that say nothing, too much, or a type that is not there', () => {
    const refused: [ReplicaSettings, string][] = [
      [{}, 'invalid-url'],
      [{ path: '' }, 'invalid-url'],
      [{ type: 'file' }, 'invalid-url'],
      [{ url: 'file:///a', path: '/a' }, 'invalid-url'],
      [{ path: 's3://a' }, 'invalid-url'],
      [{ type: 'floppy', path: '/a' }, 'invalid-url'],
      [{ type: 's3', path: 'a' }, 'unsupported'],
      [{ url: 'gs://a' }, 'unsupported'],
    ];
    for (const [replica, code] of refused) {
      assert.throws(() => openReplica(replica, services), { name: 'ReplicaError', code }, JSON.stringify(replica));
    }
  });
});
