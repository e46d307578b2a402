import { createHash } from 'node:crypto';

export interface S3Request {
  readonly method: string;
  /** Empty for the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Buffer | string | undefined;
}

export interface StoredObject {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export type S3Operation =
  | 'list'
  | 'get'
  | 'head'
  | 'put'
  | 'delete'
  | 'delete-many'
  | 'create-upload'
  | 'put-part'
  | 'complete-upload'
  | 'abort-upload';

const pageKeys = 1000;

/** What a request asks for. */
export function operationOf({ method, key, query }: S3Request): S3Operation {
  if (method === 'GET') return key === '' ? 'list' : 'get';
  if (method === 'HEAD') return 'head';
  if (method === 'PUT') return query.has('partNumber') ? 'put-part' : 'put';
  if (method === 'DELETE') return query.has('uploadId') ? 'abort-upload' : 'delete';
  if (query.has('delete')) return 'delete-many';
  return query.has('uploads') ? 'create-upload' : 'complete-upload';
}

/** One bucket in memory: as much of S3 as the client asks for. */
export class MemoryS3 {
  readonly objects = new Map<string, StoredObject>();
  /** Keys that listings do not show yet. */
  readonly unlisted = new Set<string>();
  readonly uploads = new Map<string, Map<number, Buffer>>();
  /** What becomes of the conditions of writes: some stores pass over them, some answer 501. */
  conditions: 'kept' | 'ignored' | 'refused' = 'kept';
  #lastUpload = 0;

  answer(request: S3Request): S3Answer {
    switch (operationOf(request)) {
      case 'list':
        return this.#list(request.query);
      case 'get':
      case 'head':
        return this.#get(request);
      case 'put':
        return this.#put(request, request.body);
      case 'delete':
        this.objects.delete(request.key);
        return { status: 204 };
      case 'delete-many':
        for (const key of keysIn(request.body)) this.objects.delete(key);
        return xml('<DeleteResult></DeleteResult>');
      case 'create-upload':
        this.uploads.set(String(++this.#lastUpload), new Map());
        return xml(
          `<InitiateMultipartUploadResult><UploadId>${this.#lastUpload}</UploadId></InitiateMultipartUploadResult>`,
        );
      case 'put-part':
        return this.#putPart(request);
      case 'complete-upload':
        return this.#complete(request);
      case 'abort-upload':
        return this.uploads.delete(request.query.get('uploadId') ?? '')
          ? { status: 204 }
          : failure(404, 'NoSuchUpload');
    }
  }

  #list(query: URLSearchParams): S3Answer {
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const keys = [...this.objects.keys()].filter((key) => {
      return key.startsWith(query.get('prefix') ?? '') && key > after && !this.unlisted.has(key);
    });
    const page = keys.sort().slice(0, pageKeys);
    const isCut = page.length < keys.length;
    const contents = page.map((key) => {
      return `<Contents><Key>${key}</Key><Size>${this.objects.get(key)?.bytes.byteLength}</Size></Contents>`;
    });
    const next = isCut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return xml(`<ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`);
  }

  #get({ key, headers }: S3Request): S3Answer {
    const object = this.objects.get(key);
    if (object === undefined) return key === '' ? { status: 200 } : failure(404, 'NoSuchKey');
    const etag = etagOf(object.bytes);
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag) return failure(412, 'PreconditionFailed');
    const metadata = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
    const shared = { etag, ...Object.fromEntries(metadata) };
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(String(headers.range ?? '')) ?? [];
    if (first === undefined) return { status: 200, headers: shared, body: object.bytes };
    if (Number(first) >= object.bytes.byteLength) return failure(416, 'InvalidRange');
    const end = last ? Math.min(Number(last) + 1, object.bytes.byteLength) : object.bytes.byteLength;
    const contentRange = `bytes ${first}-${end - 1}/${object.bytes.byteLength}`;
    return {
      status: 206,
      headers: { ...shared, 'content-range': contentRange },
      body: object.bytes.subarray(Number(first), end),
    };
  }

  #put({ key, headers }: S3Request, bytes: Buffer): S3Answer {
    const refusal = this.#refusal(key, headers);
    if (refusal !== undefined) return refusal;
    const metadata = Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), String(value)]] : [],
    );
    this.objects.set(key, { bytes, metadata: Object.fromEntries(metadata) });
    return { status: 200, headers: { etag: etagOf(bytes) } };
  }

  #refusal(key: string, headers: S3Request['headers']): S3Answer | undefined {
    const isCreate = headers['if-none-match'] === '*';
    const wanted = headers['if-match'];
    if ((!isCreate && wanted === undefined) || this.conditions === 'ignored') return undefined;
    if (this.conditions === 'refused') return failure(501, 'NotImplemented');
    const present = this.objects.get(key);
    const isMet = isCreate ? present === undefined : present !== undefined && wanted === etagOf(present.bytes);
    return isMet ? undefined : failure(412, 'PreconditionFailed');
  }

  #putPart({ query, body }: S3Request): S3Answer {
    const parts = this.uploads.get(query.get('uploadId') ?? '');
    if (parts === undefined) return failure(404, 'NoSuchUpload');
    parts.set(Number(query.get('partNumber')), body);
    return { status: 200, headers: { etag: etagOf(body) } };
  }

  #complete(request: S3Request): S3Answer {
    const uploadId = request.query.get('uploadId') ?? '';
    const parts = this.uploads.get(uploadId);
    if (parts === undefined) return failure(404, 'NoSuchUpload');
    const ordered = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    const answer = this.#put(request, Buffer.concat(ordered));
    if (answer.status !== 200) return answer;
    this.uploads.delete(uploadId);
    return xml('<CompleteMultipartUploadResult><ETag>"done"</ETag></CompleteMultipartUploadResult>');
  }
}

export function failure(status: number, code: string, message = `this is ${code}`): S3Answer {
  return xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`, status);
}

export function xml(text: string, status = 200): S3Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?>${text}` };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function keysIn(body: Buffer): string[] {
  return [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '');
}
