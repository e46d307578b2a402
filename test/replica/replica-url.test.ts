import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { ReplicaError } from '../../src/replica/replica-error.ts';
import { isReplicaUrl, parseReplicaUrl } from '../../src/replica/replica-url.ts';

describe('parseReplicaUrl', () => {
  test('parseReplicaUrl takes file URLs to the directories that Litestream takes them to', () => {
    // What net/url and path.Clean of Go 1.25 give for these, as Litestream v0.5 combines them.
    const directories = {
      'file:///a/b': '/a/b',
      'file://rel/x': '/rel/x',
      'file:///': '/',
      'file:///a b': '/a%20b',
      'file:///a%20b': '/a%20b',
      'file:///a%2fb c': '/a/b%20c',
      'file:///ä': '/%C3%A4',
      'file:///a(b)': '/a(b)',
      'file:///a(b) c': '/a%28b%29%20c',
      'file:///a#b': '/a#b',
      'file:///a?x=1': '/a',
      'file:///a/b?x#y': '/a/b#y',
      'file:/abs': '/abs',
      'file:rel': resolve('rel'),
      'FILE:///x/../y/': '/y',
      'file://h:80/x': '/h:80/x',
      'file://./x': '/x',
      'file:////a': '/a',
      'file:///a%2fb': '/a%2fb',
      "file:///a;b=c@d!e'f*[g]": "/a;b=c@d!e'f*[g]",
    };
    for (const [url, path] of Object.entries(directories))
      assert.deepEqual(parseReplicaUrl(url), { type: 'file', path });
  });

  test('parseReplicaUrl takes plain paths as they are, from the working directory', () => {
    for (const path of ['/a b/%20', 'relative/x', './x', '../y', 's3', 'C:x', '/a?b#c', 's3:/x']) {
      assert.deepEqual(parseReplicaUrl(path), { type: 'file', path: resolve(path) });
    }
  });

  test('parseReplicaUrl says of other replica types of Litestream that they are not there yet', () => {
    for (const scheme of ['gs', 'abs', 'sftp', 'webdav', 'webdavs', 'nats', 'oss', 'GS']) {
      assert.throws(() => parseReplicaUrl(`${scheme}://host/path`), {
        name: 'ReplicaError',
        code: 'unsupported',
        message: `Cannot open replica ${scheme}://host/path: replica type "${scheme.toLowerCase()}" is not there yet`,
      });
    }
  });

  test('parseReplicaUrl refuses what names no directory', () => {
    const urls = ['', 'file://', 'file:', 'file:///a%zz', 'file://a b/x', 'ftp://host/x', '/a\0b', 'file://[::1]/x'];
    for (const url of urls)
      assert.throws(() => parseReplicaUrl(url), { name: 'ReplicaError', code: 'invalid-url' }, url);
  });

  test('messages never hold what could be a secret', () => {
    const urls = [
      'sftp://user:hunter2@host/path',
      'sftp://user:hun?hunter2#hunter2@host/path',
      's3://bucket/path?secret-access-key=hunter2',
      's3://user:hunter2@bucket/path',
      's3://bucket/path?sse-customer-key=hunter2',
      's3://bucket/path?endpoint=https://user:hunter2@host',
      'https://bucket/path#hunter2',
      'file://user:hunter2@host/x',
      'file://a b/x?hunter2',
    ];
    for (const url of urls) {
      assert.throws(
        () => parseReplicaUrl(url),
        (error) => error instanceof ReplicaError && !error.message.includes('hunter2'),
        url,
      );
    }
  });
});

describe('isReplicaUrl', () => {
  test('isReplicaUrl tells URLs from paths', () => {
    for (const url of ['s3://b', 'file:///x', 'file:x', 'x+y://z']) assert.equal(isReplicaUrl(url), true, url);
    for (const path of ['/x', 'x/y://z', './file:x', 'data.db', '://x', 's3:x']) {
      assert.equal(isReplicaUrl(path), false, path);
    }
  });
});
