import { posix } from 'node:path';
import { ReplicaError } from '../replica-error.ts';
import type { S3Settings } from './s3-location.ts';

/** What a host of an S3 URL says besides the bucket. A host of none of these forms is the bucket. */
const hostForms: readonly { readonly form: RegExp; readonly read: (match: RegExpExecArray) => S3Settings }[] = [
  {
    form: /^(?:([^.]+)\.)?((?:(?!\.com).)*:\d+)$/, // bucket.host:port, as of MinIO
    read: ([, bucket, host]) => ({ bucket, endpoint: `http://${host}`, region: 'us-east-1', forcePathStyle: true }),
  },
  {
    form: /^(.+)\.s3(?:\.([^.]+))?\.amazonaws\.com$/,
    read: ([, bucket, region]) => ({ bucket, region }),
  },
  {
    form: /^(?:(.+)\.)?([^.]+)\.digitaloceanspaces\.com$/,
    read: ([, bucket, region]) => {
      return { bucket, region, endpoint: `https://${region}.digitaloceanspaces.com`, forcePathStyle: false };
    },
  },
  {
    form: /^(?:(.+)\.)?s3\.([^.]+)\.backblazeb2\.com$/,
    read: ([, bucket, region]) => ({ bucket, region, endpoint: `https://s3.${region}.backblazeb2.com` }),
  },
  {
    form: /^(?:(.+)\.)?s3\.filebase\.com$/,
    read: ([, bucket]) => ({ bucket, endpoint: 'https://s3.filebase.com' }),
  },
  {
    form: /^(?:(.+)\.)?s3\.([^.]+)\.scw\.cloud$/,
    read: ([, bucket, region]) => {
      return { bucket, region, endpoint: `https://s3.${region}.scw.cloud`, forcePathStyle: false };
    },
  },
];

/** Query parameters by the form with dashes; each may be written in camel case too. */
const parameters: Readonly<Record<string, (value: string, fail: Fail) => S3Settings>> = {
  endpoint: (endpoint) => ({ endpoint }),
  region: (region) => ({ region }),
  'force-path-style': (value, fail) => ({ forcePathStyle: toggle(value, fail) }),
  'skip-verify': (value, fail) => ({ skipVerify: toggle(value, fail) }),
  'sign-payload': (value, fail) => ({ signPayload: toggle(value, fail) }),
  'require-content-md5': (value, fail) => ({ requireContentMd5: toggle(value, fail) }),
  concurrency: (value, fail) => ({ concurrency: positive(value, fail) }),
  'part-size': (value, fail) => ({ partSizeBytes: positive(value, fail) }),
  'storage-class': (storageClass) => ({ storageClass }),
  'sse-customer-algorithm': (sseCustomerAlgorithm) => ({ sseCustomerAlgorithm }),
  'sse-customer-key': (sseCustomerKey) => ({ sseCustomerKey }),
  'sse-customer-key-md5': () => ({}), // follows from the key
  'sse-kms-key-id': (sseKmsKeyId) => ({ sseKmsKeyId }),
};

type Fail = (state: string, hint?: string) => never;

/** Reads `s3://BUCKET/PATH?PARAMETER=VALUE...`. Throws a ReplicaError `invalid-url`, without the query in its message. */
export function parseS3Url(url: string): S3Settings {
  const [beforeQuery = '', ...query] = url.split('?');
  const fail: Fail = (state, hint = 'Write s3://BUCKET/PATH?endpoint=https://HOST&region=REGION') => {
    const shown = beforeQuery.includes('@') ? 's3://...' : beforeQuery;
    throw new ReplicaError('invalid-url', `Cannot open replica ${shown}: ${state}`, { hint });
  };
  const place = beforeQuery.replace(/^s3:\/\//i, '');
  if (place.includes('@')) {
    fail(
      'it has a user or password before its bucket',
      'Give access-key-id and secret-access-key in the config or environment',
    );
  }
  if (url.includes('#')) fail('it has a "#", which ends a URL', 'Write %23 for it');
  const [, host = '', path = ''] = /^(arn:[^/]*:accesspoint\/[^/]+|[^/]*)(.*)$/is.exec(place) ?? [];
  const form = host.includes('/') ? undefined : hostForms.find((each) => each.form.test(host));
  const match = form?.form.exec(host);
  const fromHost = form !== undefined && match ? form.read(match) : { bucket: host };
  return { ...withoutGaps(fromHost), path: keyPath(path, fail), ...fromQuery(query.join('?'), fail) };
}

function fromQuery(query: string, fail: Fail): S3Settings {
  let settings: S3Settings = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const dashed = name.replace(/MD5$/, 'Md5').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const read = Object.hasOwn(parameters, dashed) ? parameters[dashed] : undefined;
    if (read === undefined) fail(`its parameter ${name} is unknown`, `There are ${Object.keys(parameters).join(', ')}`);
    if (value === '') continue;
    settings = { ...settings, ...read(value, (state) => fail(`its parameter ${name} ${state}`)) };
  }
  return settings;
}

/** As Go cleans a path: no double slashes, no dots, nothing at either end. */
function keyPath(path: string, fail: Fail): string {
  let decoded = '';
  try {
    decoded = decodeURIComponent(path);
  } catch {
    fail('it has a "%" without two hexadecimal digits');
  }
  return posix.normalize(`/${decoded}`).replace(/^\/|\/$/g, '');
}

function toggle(value: string, fail: Fail): boolean {
  if (/^(true|1|t|yes)$/i.test(value)) return true;
  return /^(false|0|f|no)$/i.test(value) ? false : fail('must be true or false');
}

function positive(value: string, fail: Fail): number {
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  return Number.isSafeInteger(number) && number > 0 ? number : fail('must be a whole number of at least 1');
}

function withoutGaps(settings: S3Settings): S3Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
