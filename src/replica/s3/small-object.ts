import type { S3Api, S3CallOptions } from './s3-api.ts';
import { faultOf } from './s3-error.ts';

/** A whole object and the tag of its version. */
export interface SmallObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** What has to hold for a write: nothing, that there is no object, or that the object is still the one read. */
export type PutCondition = 'none' | 'absent' | { readonly etag: string };

export type PutOutcome =
  | { readonly outcome: 'written'; readonly etag: string }
  /** The condition does not hold. */
  | { readonly outcome: 'refused' }
  /** Another conditional write is under way; nothing is known of how either ends. */
  | { readonly outcome: 'conflict' };

/** Reads an object that fits in memory; undefined when there is none. Throws ReplicaError. */
export async function getSmallObject(
  api: S3Api,
  key: string,
  options: S3CallOptions = {},
): Promise<SmallObject | undefined> {
  try {
    return await api.call(
      'read',
      key,
      async ({ s3, http, object, decryption }) => {
        const { Body, ETag = '' } = await s3.getObject({ ...object(key), ...decryption }, http);
        return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag };
      },
      options,
    );
  } catch (error) {
    if (faultOf(error)?.kind === 'no-object') return undefined;
    throw error;
  }
}

/**
 * Writes an object that fits in memory. Unless it is sent `once`, a write whose reply was lost may meet itself and be
 * `refused`. Throws ReplicaError; then it may have been written or not.
 */
export async function putSmallObject(
  api: S3Api,
  key: string,
  bytes: Uint8Array,
  condition: PutCondition,
  options: S3CallOptions & { readonly contentType?: string | undefined } = {},
): Promise<PutOutcome> {
  const { contentType } = options;
  try {
    return await api.call(
      'write',
      key,
      async ({ s3, http, object, encryption }) => {
        const { ETag = '' } = await s3.putObject(
          {
            ...object(key),
            ...encryption,
            ...headersOf(condition),
            ...(contentType === undefined ? {} : { ContentType: contentType }),
            Body: bytes,
          },
          http,
        );
        return { outcome: 'written' as const, etag: ETag };
      },
      options,
    );
  } catch (error) {
    const kind = faultOf(error)?.kind;
    if (kind === 'condition' || (kind === 'no-object' && typeof condition === 'object')) return { outcome: 'refused' };
    if (kind === 'conflict') return { outcome: 'conflict' };
    throw error;
  }
}

function headersOf(condition: PutCondition): { readonly IfNoneMatch?: '*'; readonly IfMatch?: string } {
  if (condition === 'none') return {};
  return condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
}
