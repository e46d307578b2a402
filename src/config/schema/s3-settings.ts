import type * as z from 'zod';
import type { S3Settings } from '../../replica/s3/s3-location.ts';
import { count, size, text, toggle } from './scalar.ts';

/** The keys of S3 replicas, in the order of Litestream's documentation. */
export const s3Keys = {
  'access-key-id': text,
  'secret-access-key': text,
  region: text,
  bucket: text,
  endpoint: text,
  'force-path-style': toggle,
  'sign-payload': toggle,
  'require-content-md5': toggle,
  'skip-verify': toggle,
  'storage-class': text,
  'part-size': size,
  concurrency: count(1),
  'sse-customer-algorithm': text,
  'sse-customer-key': text,
  'sse-customer-key-path': text,
  'sse-kms-key-id': text,
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
