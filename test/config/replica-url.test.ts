import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { isReplicaUrl, locationOfUrl, replicaTypeOf } from '../../src/config/replica-url.ts';

test('isReplicaUrl tells URLs from paths', () => {
  for (const url of ['file:///x', 's3://bucket/x', 'webdavs://h/x']) assert.ok(isReplicaUrl(url), url);
  for (const path of ['/x', 'x', './a:b', 'sqlite:///x.db', 'sqlite3://x.db', 'C:\\x']) {
    assert.ok(!isReplicaUrl(path), path);
  }
});

test('locationOfUrl reads file URLs as Litestream does', () => {
  assert.deepEqual(locationOfUrl('file:///backup/app.db'), { type: 'file', path: '/backup/app.db' });
  assert.deepEqual(locationOfUrl('FILE:///backup/app.db/'), { type: 'file', path: '/backup/app.db' });
  assert.deepEqual(locationOfUrl('file://backup/app.db'), { type: 'file', path: '/backup/app.db' });
  assert.deepEqual(locationOfUrl('file:///backup/../x?a=b'), { type: 'file', path: '/x' });
});

test('locationOfUrl says which types are not there yet and what is no replica', () => {
  const refused = (url: string, code: string, message: RegExp) =>
    assert.throws(
      () => locationOfUrl(url),
      (error) => error instanceof ConfigError && error.code === code && message.test(error.message),
    );
  refused('gs://bucket/x', 'not-supported', /type "gs" is not there yet/);
  refused('s3:///x', 'usage', /it names no bucket/);
  refused('webdavs://host/x', 'not-supported', /type "webdavs"/);
  refused('ftp://host/x', 'usage', /type "ftp" is unknown/);
  refused('file://', 'usage', /it names no directory/);
});

test('replicaTypeOf is the scheme', () => {
  assert.deepEqual(['S3://b', 'webdavs://h', 'webdav://h'].map(replicaTypeOf), ['s3', 'webdav', 'webdav']);
});
