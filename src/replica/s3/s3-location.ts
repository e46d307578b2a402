import { ReplicaError } from '../replica-error.ts';
import { endpointHost, endpointUrl, isPrivateHost } from './endpoint.ts';
import { providerOf } from './provider.ts';

/** The settings of an S3 replica as a URL or a config file gives them; nothing is filled in. */
export interface S3Settings {
  readonly bucket?: string | undefined;
  readonly path?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly skipVerify?: boolean | undefined;
  readonly signPayload?: boolean | undefined;
  readonly requireContentMd5?: boolean | undefined;
  readonly storageClass?: string | undefined;
  readonly partSizeBytes?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly sseCustomerAlgorithm?: string | undefined;
  /** 32 bytes in Base64. */
  readonly sseCustomerKey?: string | undefined;
  /** A file that holds it. */
  readonly sseCustomerKeyPath?: string | undefined;
  readonly sseKmsKeyId?: string | undefined;
}

/** Where an S3 replica lies and how it is spoken to. Plain data; may hold secrets, so it is never shown. */
export interface S3Location {
  readonly type: 's3';
  readonly bucket: string;
  /** What every key begins with, without a slash at its end; empty: the bucket is the replica. */
  readonly path: string;
  /** Undefined: found out when it is first used. */
  readonly region: string | undefined;
  /** With its scheme; undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly forcePathStyle: boolean;
  /** Undefined: the chain of the AWS SDK (environment, profile, instance role, ...). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly skipVerify: boolean;
  readonly signPayload: boolean;
  readonly requireContentMd5: boolean;
  readonly storageClass: string | undefined;
  /** Larger files are uploaded in parts of this size. */
  readonly partSizeBytes: number;
  readonly concurrency: number;
  readonly encryption: S3Encryption;
}

export type S3Encryption =
  /** As the bucket is set up. */
  | { readonly kind: 'bucket' }
  | { readonly kind: 'customer-key'; readonly key: string }
  | { readonly kind: 'customer-key-file'; readonly path: string }
  | { readonly kind: 'kms'; readonly keyId: string };

/** The least that S3 takes. */
const leastPartSizeBytes = 5 * 1024 * 1024;
const defaultConcurrency = 5;

/** Fills in what the provider needs, and the defaults. Throws a ReplicaError `invalid-url` that names what is wrong. */
export function s3Location(settings: S3Settings): S3Location {
  const { bucket, path = '', region } = settings;
  if (!bucket) {
    throw invalid(
      settings,
      'it names no bucket',
      'Write s3://BUCKET/PATH, with ?endpoint=... for a store other than AWS',
    );
  }
  const endpoint = settings.endpoint ? endpointUrl(settings.endpoint) : undefined;
  if (endpoint !== undefined && endpointHost(endpoint) === undefined) {
    throw invalid(
      settings,
      'its endpoint is no URL, or carries a user or password',
      'Write https://HOST or https://HOST:PORT',
    );
  }
  const provider = providerOf(endpoint);
  const partSizeBytes = settings.partSizeBytes ?? leastPartSizeBytes;
  if (partSizeBytes < leastPartSizeBytes)
    throw invalid(settings, 'its part size is below 5 MiB', 'S3 takes no smaller parts');
  return {
    type: 's3',
    bucket,
    path: path.replace(/\/+$/, ''),
    region: region || regionOfArn(bucket),
    endpoint,
    forcePathStyle: settings.forcePathStyle ?? provider?.forcePathStyle ?? endpoint !== undefined,
    credentials: credentialsOf(settings),
    skipVerify: settings.skipVerify ?? false,
    signPayload: settings.signPayload ?? true,
    requireContentMd5: settings.requireContentMd5 ?? provider?.requireContentMd5 ?? true,
    storageClass: settings.storageClass || undefined,
    partSizeBytes,
    concurrency: settings.concurrency ?? provider?.concurrency ?? defaultConcurrency,
    encryption: encryptionOf(settings, endpoint),
  };
}

/** How a location is named: a URL that opens it again, but for secrets and settings that do not say where it is. */
export function s3Url({ bucket, path, endpoint }: Pick<S3Location, 'bucket' | 'path' | 'endpoint'>): string {
  const place = path === '' ? bucket : `${bucket}/${path.split('/').map(encodeURIComponent).join('/')}`;
  return `s3://${place}${endpoint === undefined ? '' : `?endpoint=${endpoint}`}`;
}

/** A 256-bit key in Base64. Throws a ReplicaError `invalid-url` for anything else. */
export function checkedCustomerKey(settings: Pick<S3Settings, 'bucket' | 'path'>, key: string): string {
  if (/^[A-Za-z0-9+/]{43}=$/.test(key)) return key;
  throw invalid(settings, 'its sse-customer-key is not 32 bytes in Base64', 'Make one with: openssl rand -base64 32');
}

function credentialsOf(settings: S3Settings): S3Location['credentials'] {
  const { accessKeyId, secretAccessKey } = settings;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;
  const missing = accessKeyId ? 'secret-access-key' : 'access-key-id';
  throw invalid(settings, `it has one half of its credentials, ${missing} is missing`, 'Give both, or neither');
}

function encryptionOf(settings: S3Settings, endpoint: string | undefined): S3Encryption {
  const {
    sseCustomerAlgorithm: algorithm,
    sseCustomerKey: key,
    sseCustomerKeyPath: path,
    sseKmsKeyId: keyId,
  } = settings;
  if (!key && !path) return keyId ? { kind: 'kms', keyId } : { kind: 'bucket' };
  if (keyId) throw invalid(settings, 'it has both an sse-customer-key and an sse-kms-key-id', 'Give one of the two');
  if (algorithm && algorithm !== 'AES256') {
    throw invalid(settings, `its sse-customer-algorithm is ${algorithm}`, 'The only one there is, is AES256');
  }
  if (endpoint?.startsWith('http:') && !isPrivateHost(endpointHost(endpoint) ?? '')) {
    throw invalid(settings, 'its sse-customer-key would be sent in the clear', 'Use an https endpoint');
  }
  if (path) return { kind: 'customer-key-file', path };
  return { kind: 'customer-key', key: checkedCustomerKey(settings, key ?? '') };
}

/** `arn:aws:s3:REGION:...`, of an access point. */
function regionOfArn(bucket: string): string | undefined {
  return bucket.startsWith('arn:') ? bucket.split(':')[3] || undefined : undefined;
}

function invalid({ bucket, path = '' }: S3Settings, state: string, hint: string): ReplicaError {
  const object = bucket ? s3Url({ bucket, path, endpoint: undefined }) : 'of type s3';
  return new ReplicaError('invalid-url', `Cannot open replica ${object}: ${state}`, { hint });
}
