import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { isReplicaUrl, pathOfReplicaUrl, replicaTypeOf } from '../../src/config/replica-url.ts';

test('isReplicaUrl tells URLs from paths', () => {
  for (const url of ['file:///x', 's3://bucket/x', 'webdavs://h/x']) assert.ok(isReplicaUrl(url), url);
  for (const path of ['/x', 'x', './a:b', 'sqlite:///x.db', 'sqlite3://x.db', 'C:\\x']) {
    assert.ok(!isReplicaUrl(path), path);
  }
});

test('pathOfReplicaUrl reads file URLs as Litestream does', () => {
  assert.equal(pathOfReplicaUrl('file:///backup/app.db'), '/backup/app.db');
  assert.equal(pathOfReplicaUrl('FILE:///backup/app.db/'), '/backup/app.db');
  assert.equal(pathOfReplicaUrl('file://backup/app.db'), '/backup/app.db');
  assert.equal(pathOfReplicaUrl('file:///backup/../x?a=b'), '/x');
});

test('pathOfReplicaUrl says which types are not there yet and what is no replica', () => {
  const refused = (url: string, code: string, message: RegExp) =>
    assert.throws(
      () => pathOfReplicaUrl(url),
      (error) => error instanceof ConfigError && error.code === code && message.test(error.message),
    );
  refused('s3://bucket/x', 'not-supported', /type "s3" is not there yet/);
  refused('webdavs://host/x', 'not-supported', /type "webdavs"/);
  refused('ftp://host/x', 'usage', /type "ftp" is unknown/);
  refused('file://', 'usage', /it names no directory/);
});

test('replicaTypeOf is the scheme', () => {
  assert.deepEqual(['S3://b', 'webdavs://h', 'webdav://h'].map(replicaTypeOf), ['s3', 'webdav', 'webdav']);
});
