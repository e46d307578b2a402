import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { StoreTraffic } from '../store-traffic.ts';
import { providerOf } from './provider.ts';
import type { S3Location } from './s3-location.ts';

const connectTimeoutMs = 10_000;

export interface S3ClientOptions {
  readonly location: S3Location;
  readonly region: string;
}

export interface S3ClientServices {
  readonly traffic: StoreTraffic;
  /** A connection on which nothing comes or goes for so long is given up. */
  readonly idleTimeoutMs: number;
}

/** The SDK takes 70 ms to load, so it is loaded when it is first used. */
export async function newS3Client({ location, region }: S3ClientOptions, services: S3ClientServices): Promise<S3> {
  // The SDK reads this when a client is made; its lines would stand between ours.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { S3 } = await import('@aws-sdk/client-s3');
  const checksums = location.endpoint === undefined && location.signPayload ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const client = new S3({
    region,
    ...(location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
    ...(location.credentials === undefined ? {} : { credentials: location.credentials }),
    forcePathStyle: location.forcePathStyle,
    useArnRegion: true,
    maxAttempts: 1, // what may be sent again is decided in S3Api alone
    requestChecksumCalculation: checksums, // many stores other than AWS refuse them
    responseChecksumValidation: checksums,
    customUserAgent: 'litestream',
    logger: silent,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      socketTimeout: services.idleTimeoutMs,
      httpsAgent: { rejectUnauthorized: !location.skipVerify },
      logger: silent,
    },
  });
  addHeaders(client, location);
  countRequests(client, services.traffic);
  return client;
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface HttpMessage {
  readonly headers: Record<string, string>;
  body?: unknown;
}

function addHeaders(client: S3, location: S3Location): void {
  const headers = providerOf(location.endpoint)?.headers ?? {};
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const request = args.request as HttpMessage;
        Object.assign(request.headers, headers);
        if (!location.signPayload) request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
        if (location.requireContentMd5 && commandName === 'DeleteObjectsCommand') {
          request.headers['content-md5'] = createHash('md5')
            .update(request.body as string)
            .digest('base64');
        }
        return next(args);
      },
    { step: 'build', name: 'storeHeaders' },
  );
}

/** What a command counts as; the parts of an upload are billed as PUTs. */
const operations: Readonly<Record<string, string>> = {
  GetObjectCommand: 'GET',
  HeadObjectCommand: 'HEAD',
  HeadBucketCommand: 'HEAD',
  ListObjectsV2Command: 'LIST',
  DeleteObjectCommand: 'DELETE',
  DeleteObjectsCommand: 'DELETE',
  AbortMultipartUploadCommand: 'DELETE',
};

/** Stands right before the connection, so that it sees every request and every answer. */
function countRequests(client: S3, traffic: StoreTraffic): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const of = { replicaType: 's3', operation: operations[commandName ?? ''] ?? 'PUT' };
        const request = args.request as HttpMessage;
        traffic.count({ ...of, requests: 1, bytesSent: Number(request.headers['content-length'] ?? 0) });
        const startMs = performance.now();
        try {
          const result = await next(args);
          const response = result.response as HttpMessage & { readonly statusCode: number };
          const isError = response.statusCode >= 400 && response.statusCode !== 404 && response.statusCode !== 412;
          const errorCode = isError ? String(response.statusCode) : undefined;
          traffic.count({ ...of, errorCode, tookMs: performance.now() - startMs });
          if (of.operation !== 'HEAD')
            countReceived(response, (bytesReceived) => traffic.count({ ...of, bytesReceived }));
          return result;
        } catch (error) {
          const errorCode = systemErrorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
          traffic.count({ ...of, errorCode, tookMs: performance.now() - startMs });
          throw error;
        }
      },
    { step: 'deserialize', priority: 'low', name: 'countTraffic' },
  );
}

/** Listings come without a length and are small: their bytes are counted as they pass. */
function countReceived(response: HttpMessage, add: (bytes: number) => void): void {
  const lengthBytes = response.headers['content-length'];
  if (lengthBytes !== undefined) {
    add(Number(lengthBytes));
    return;
  }
  const { body } = response;
  if (!isReadable(body)) return;
  const counter = new Transform({
    transform(chunk: Uint8Array, _, done) {
      add(chunk.byteLength);
      done(null, chunk);
    },
  });
  body.on('error', (error) => counter.destroy(error));
  response.body = body.pipe(counter);
}

function isReadable(body: unknown): body is NodeJS.ReadableStream {
  return typeof body === 'object' && body !== null && 'pipe' in body;
}
