import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { levels } from '../../../src/format/ltx/level.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { locationBelow, locationUrl } from '../../../src/replica/replica-location.ts';
import { parseReplicaUrl } from '../../../src/replica/replica-url.ts';
import { keyBefore, levelPrefix, levelsPrefix, ltxKey, parseLtxKey } from '../../../src/replica/s3/object-keys.ts';
import { type S3Location, type S3Settings, s3Location } from '../../../src/replica/s3/s3-location.ts';
import { file } from '../../conformance/replica-client/fixture.ts';

function s3(url: string, settings?: S3Settings): S3Location {
  const location = parseReplicaUrl(url, { s3: settings });
  assert.equal(location.type, 's3');
  return location as S3Location;
}

/** What of a location a URL can say, without the defaults. */
function placeOf(url: string): unknown[] {
  const { bucket, path, region, endpoint, forcePathStyle } = s3(url);
  return [bucket, path, region, endpoint, forcePathStyle];
}

describe('parseReplicaUrl of S3', () => {
  test('a host is a bucket, or what a provider calls its buckets', () => {
    const none = undefined;
    const places: [string, unknown[]][] = [
      ['s3://bucket/a/b', ['bucket', 'a/b', none, none, false]],
      ['S3://bucket/a//b/../c/', ['bucket', 'a/c', none, none, false]],
      ['s3://bucket', ['bucket', '', none, none, false]],
      ['s3://my.dotted.bucket/a', ['my.dotted.bucket', 'a', none, none, false]],
      ['s3://b/with%20space', ['b', 'with space', none, none, false]],
      ['s3://b.s3.amazonaws.com/a', ['b', 'a', none, none, false]],
      ['s3://b.s3.us-west-2.amazonaws.com/a', ['b', 'a', 'us-west-2', none, false]],
      ['s3://b.localhost:9000/a', ['b', 'a', 'us-east-1', 'http://localhost:9000', true]],
      ['s3://b.minio.local:9000/a', ['b', 'a', 'us-east-1', 'http://minio.local:9000', true]],
      ['s3://b.nyc3.digitaloceanspaces.com/a', ['b', 'a', 'nyc3', 'https://nyc3.digitaloceanspaces.com', false]],
      ['s3://b.s3.eu-1.backblazeb2.com/a', ['b', 'a', 'eu-1', 'https://s3.eu-1.backblazeb2.com', true]],
      ['s3://b.s3.filebase.com/a', ['b', 'a', none, 'https://s3.filebase.com', true]],
      ['s3://b.s3.fr-par.scw.cloud/a', ['b', 'a', 'fr-par', 'https://s3.fr-par.scw.cloud', false]],
      [
        's3://arn:aws:s3:us-east-2:123456789012:accesspoint/mine/a/b',
        ['arn:aws:s3:us-east-2:123456789012:accesspoint/mine', 'a/b', 'us-east-2', none, false],
      ],
    ];
    for (const [url, place] of places) assert.deepEqual(placeOf(url), place, url);
  });

  test('an endpoint has a scheme and path style, unless something says otherwise', () => {
    const endpoints: [string, string, boolean][] = [
      ['endpoint=https://s3.example.com', 'https://s3.example.com', true],
      ['endpoint=s3.example.com', 'https://s3.example.com', true],
      ['endpoint=localhost:9000', 'http://localhost:9000', true],
      ['endpoint=192.168.1.2:9000', 'http://192.168.1.2:9000', true],
      ['endpoint=172.20.0.2:9000', 'http://172.20.0.2:9000', true],
      ['endpoint=172.200.0.2:9000', 'https://172.200.0.2:9000', true],
      ['endpoint=https://x.supabase.co/storage/v1/s3', 'https://x.supabase.co/storage/v1/s3', true],
      [
        'endpoint=https://nyc3.digitaloceanspaces.com&force-path-style=false',
        'https://nyc3.digitaloceanspaces.com',
        false,
      ],
      ['endpoint=https://s3.example.com&forcePathStyle=no', 'https://s3.example.com', false],
    ];
    for (const [query, endpoint, pathStyle] of endpoints) {
      assert.deepEqual(placeOf(`s3://b/a?${query}`).slice(3), [endpoint, pathStyle], query);
    }
  });

  test('parameters are read in both spellings', () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const dashes = `skip-verify=true&sign-payload=0&require-content-md5=f&part-size=6000000&concurrency=3&storage-class=GLACIER&region=r&sse-customer-key=${encodeURIComponent(key)}`;
    const camel = `skipVerify=1&signPayload=false&requireContentMD5=no&partSize=6000000&concurrency=3&storageClass=GLACIER&region=r&sseCustomerKey=${encodeURIComponent(key)}`;
    const location = s3(`s3://b/a?${dashes}`);
    assert.deepEqual(s3(`s3://b/a?${camel}`), location);
    const { skipVerify, signPayload, requireContentMd5, partSizeBytes, concurrency, storageClass, region } = location;
    assert.deepEqual(
      [skipVerify, signPayload, requireContentMd5, partSizeBytes, concurrency, storageClass, region],
      [true, false, false, 6_000_000, 3, 'GLACIER', 'r'],
    );
    assert.deepEqual(location.encryption, { kind: 'customer-key', key });
    assert.deepEqual(s3('s3://b?sseKmsKeyId=k').encryption, { kind: 'kms', keyId: 'k' });
  });

  test('what stands beside a URL goes before what stands in it', () => {
    const location = s3('s3://b/a?region=one&endpoint=https://one.example', {
      region: 'two',
      accessKeyId: 'a',
      secretAccessKey: 's',
    });
    assert.deepEqual([location.region, location.endpoint], ['two', 'https://one.example']);
    assert.deepEqual(location.credentials, { accessKeyId: 'a', secretAccessKey: 's' });
  });

  test('the default endpoint is for URLs that name none', () => {
    const endpointOf = (url: string) => (parseReplicaUrl(url, { s3Endpoint: 'localhost:9000' }) as S3Location).endpoint;
    assert.equal(endpointOf('s3://b/a'), 'http://localhost:9000');
    assert.equal(endpointOf('s3://b/a?endpoint=https://x.example'), 'https://x.example');
  });

  test('what names no place or cannot be meant is refused, without secrets', () => {
    const refused: [string, RegExp][] = [
      ['s3://', /it names no bucket/],
      ['s3:///a', /it names no bucket/],
      ['s3://localhost:9000/a', /it names no bucket/],
      ['s3://b/a?force-path-styl=true', /its parameter force-path-styl is unknown/],
      ['s3://b/a?force-path-style=maybe', /its parameter force-path-style must be true or false/],
      ['s3://b/a?part-size=5MB', /its parameter part-size must be a whole number/],
      ['s3://b/a?part-size=5', /part size is below 5 MiB/],
      ['s3://b/a?concurrency=0', /must be a whole number of at least 1/],
      ['s3://b/a#c', /it has a "#"/],
      ['s3://b/%zz', /it has a "%" without/],
      ['s3://user:secret@b/a', /it has a user or password/],
      ['s3://b/a?endpoint=https://user:secret@host', /its endpoint is no URL, or carries a user/],
      ['s3://b/a?sse-customer-key=secret', /is not 32 bytes in Base64/],
      [`s3://b/a?sse-customer-key=${Buffer.alloc(32).toString('base64')}&sse-kms-key-id=k`, /has both/],
      [
        `s3://b/a?sse-customer-key=${Buffer.alloc(32).toString('base64')}&sse-customer-algorithm=DES`,
        /algorithm is DES/,
      ],
      [`s3://b/a?sse-customer-key=${Buffer.alloc(32).toString('base64')}&endpoint=http://x.example`, /in the clear/],
    ];
    for (const [url, message] of refused) {
      assert.throws(
        () => parseReplicaUrl(url),
        (error: Error) => message.test(error.message) && !error.message.includes('secret'),
        url,
      );
    }
    assert.throws(() => s3Location({ bucket: 'b', accessKeyId: 'a' }), /secret-access-key is missing/);
  });
});

describe('s3Location', () => {
  test('a provider is known by its endpoint and gets what it needs, unless the settings say otherwise', () => {
    const at = (endpoint: string, settings: S3Settings = {}) => s3Location({ bucket: 'b', endpoint, ...settings });
    assert.equal(at('https://x.r2.cloudflarestorage.com').concurrency, 2);
    assert.equal(at('https://x.r2.cloudflarestorage.com', { concurrency: 4 }).concurrency, 4);
    assert.equal(at('https://fly.storage.tigris.dev').requireContentMd5, false);
    assert.equal(at('https://t3.storage.dev', { requireContentMd5: true }).requireContentMd5, true);
    assert.equal(at('https://s3.eu-1.backblazeb2.com').forcePathStyle, true);
    assert.equal(at('http://minio:9000', { forcePathStyle: false }).forcePathStyle, false);
    const { signPayload, requireContentMd5, concurrency, partSizeBytes, forcePathStyle } = s3Location({ bucket: 'b' });
    assert.deepEqual(
      [signPayload, requireContentMd5, concurrency, partSizeBytes, forcePathStyle],
      [true, true, 5, 5 << 20, false],
    );
  });

  test('locationUrl names each place once and opens it again', () => {
    for (const url of ['s3://b', 's3://b/a/b', 's3://b/with%20space', 's3://b/a?endpoint=http://localhost:9000']) {
      assert.equal(locationUrl(parseReplicaUrl(url)), url);
      assert.deepEqual(parseReplicaUrl(locationUrl(parseReplicaUrl(url))), parseReplicaUrl(url));
    }
    const secret = s3('s3://b/a', { accessKeyId: 'secret', secretAccessKey: 'secret', sseKmsKeyId: 'secret' });
    assert.equal(locationUrl(secret), 's3://b/a');
  });

  test('locationBelow adds a relative path', () => {
    assert.equal(locationUrl(locationBelow(s3('s3://b/a?region=r'), 'x/y.db')), 's3://b/a/x/y.db');
    assert.equal(locationUrl(locationBelow(s3('s3://b'), 'y.db')), 's3://b/y.db');
    assert.equal(locationUrl(locationBelow({ type: 'file', path: '/a' }, 'y.db')), 'file:///a/y.db');
  });
});

describe('keys of objects', () => {
  test('ltxKey and parseLtxKey are each other’s reverse, with Litestream’s names', () => {
    assert.equal(ltxKey('a/b', file(0, 1)), 'a/b/0000/0000000000000001-0000000000000001.ltx');
    assert.equal(ltxKey('', file(9, 1, 255)), '0009/0000000000000001-00000000000000ff.ltx');
    for (const path of ['', 'a', 'a/b']) {
      for (const level of levels) {
        const id = file(level, 3, 0xffff_ffff_ffff_ffffn);
        assert.deepEqual(parseLtxKey(path, ltxKey(path, id)), id);
        assert.ok(ltxKey(path, id).startsWith(levelPrefix(path, level)));
        assert.ok(ltxKey(path, id).startsWith(levelsPrefix(path)));
      }
    }
  });

  test('parseLtxKey passes over what is no file of the replica', () => {
    const name = '0000000000000001-0000000000000001.ltx';
    for (const key of [
      `b/0000/${name}`,
      `a/000a/${name}`,
      `a/0010/${name}`,
      `a/x/0000/${name}`,
      `a/0/${name}`,
      'a/lock.json',
    ]) {
      assert.equal(parseLtxKey('a', key), undefined, key);
    }
  });

  test('keyBefore sorts right before the files from a TXID on', () => {
    const before = keyBefore('a', 2, toTxid(16));
    assert.ok(before < ltxKey('a', file(2, 16)) && before > ltxKey('a', file(2, 15, 20)));
  });
});
