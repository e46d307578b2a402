import type * as z from 'zod';
import type { S3Settings } from '../../replica/s3/s3-location.ts';
import { key } from './key.ts';
import { count, size, text, toggle } from './scalar.ts';

const searched = 'the environment, then the chain of the AWS SDK: profile, web identity, container and instance roles';

/** The keys of S3 replicas, in the order of Litestream's documentation. */
export const s3Keys = {
  'access-key-id': key(text, 'who asks', { otherwise: searched }),
  'secret-access-key': key(text, 'the secret of access-key-id', { otherwise: searched }),
  region: key(text, 'the region of the bucket', { otherwise: 'AWS: found; with an endpoint: us-east-1' }),
  bucket: key(text, 'the bucket, where no url names it'),
  endpoint: key(text, 'the address of a store that is not AWS: https://HOST[:PORT]', { otherwise: 'AWS' }),
  'force-path-style': key(toggle, 'HOST/BUCKET/KEY instead of BUCKET.HOST/KEY', {
    otherwise: 'true with an endpoint',
  }),
  'sign-payload': key(toggle, 'false: bodies are not part of the signature', { default: true }),
  'require-content-md5': key(toggle, 'deletions carry an MD5 of their body', { otherwise: 'true, but for Tigris' }),
  'skip-verify': key(toggle, 'true: any certificate is accepted', { default: false }),
  'storage-class': key(text, 'the storage class of the files', { otherwise: "the bucket's" }),
  'part-size': key(size, 'a larger file goes up in parts of this size', { default: '5MiB' }),
  concurrency: key(count(1), 'so many parts of one file go up at a time', { otherwise: '5; Cloudflare R2: 2' }),
  'sse-customer-algorithm': key(text, 'the cipher of sse-customer-key; AES256 is the only one', {
    otherwise: 'AES256',
  }),
  'sse-customer-key': key(text, 'a key of 32 bytes in Base64 that the store encrypts with and forgets'),
  'sse-customer-key-path': key(text, 'a file with that key'),
  'sse-kms-key-id': key(text, 'the key in KMS that the store encrypts with'),
} as const;

export type S3Key = keyof typeof s3Keys;
type S3Values = { readonly [Key in S3Key]?: z.output<(typeof s3Keys)[Key]> | undefined };

/** The settings that an entry gives, but for its path, and nothing for keys that it does not have. */
export function s3SettingsOf(entry: S3Values): S3Settings {
  const settings: S3Settings = {
    accessKeyId: entry['access-key-id'],
    secretAccessKey: entry['secret-access-key'],
    region: entry.region,
    bucket: entry.bucket,
    endpoint: entry.endpoint,
    forcePathStyle: entry['force-path-style'],
    signPayload: entry['sign-payload'],
    requireContentMd5: entry['require-content-md5'],
    skipVerify: entry['skip-verify'],
    storageClass: entry['storage-class'],
    partSizeBytes: entry['part-size'],
    concurrency: entry.concurrency,
    sseCustomerAlgorithm: entry['sse-customer-algorithm'],
    sseCustomerKey: entry['sse-customer-key'],
    sseCustomerKeyPath: entry['sse-customer-key-path'],
    sseKmsKeyId: entry['sse-kms-key-id'],
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
