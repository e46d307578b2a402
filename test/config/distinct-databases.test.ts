import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../src/config/defaults.ts';
import { replicaAt } from '../../src/config/directory-databases.ts';
import { DistinctDatabases } from '../../src/config/distinct-databases.ts';
import type { DatabaseConfig } from '../../src/config/normal-config.ts';

function database(path: string, metaPath: string, ...replicas: string[]): DatabaseConfig {
  const locations = replicas.map((replica) => replicaAt({ type: 'file', path: replica }, 1000));
  return { ...defaultSettings, path, metaPath, replicas: locations };
}

test('DistinctDatabases refuses what would write over another, and takes it when the other was released', () => {
  const distinct = new DistinctDatabases('conflict');
  distinct.claim(database('/a', '/meta-a', '/r/a', '/s/a'));
  const refused: [database: DatabaseConfig, message: RegExp][] = [
    [database('/a', '/meta-b', '/r/b'), /^Cannot replicate \/a: it is listed twice$/],
    [database('/b', '/meta-a', '/r/b'), /^Cannot replicate \/a and \/b: both would use the meta path \/meta-a$/],
    [database('/b', '/meta-b', '/r/b', '/s/a'), /^Cannot replicate \/a and \/b: both would use the replica .*\/s\/a$/],
    [database('/b', '/meta-b', '/r/b', '/r/b'), /^Cannot replicate \/b: two of its replicas are .*\/r\/b$/],
  ];
  for (const [each, message] of refused) assert.throws(() => distinct.claim(each), { code: 'conflict', message });
  distinct.claim(database('/b', '/meta-b', '/r/b'));
  distinct.release('/a');
  distinct.release('/unknown');
  distinct.claim(database('/c', '/meta-a', '/r/a', '/s/a'));
});
