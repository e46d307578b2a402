import type { CallOptions } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import type { S3Api } from './s3-api.ts';
import { faultOf, s3Error } from './s3-error.ts';

/** The most keys that one request takes. */
const keysAtOnce = 1000;
const singlesAtOnce = 16;

/** Deletes objects, also those that are not there. Throws one ReplicaError for all that the store refused to delete. */
export async function deleteObjects(api: S3Api, keys: readonly string[], { signal }: CallOptions): Promise<void> {
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    const some = keys.slice(at, at + keysAtOnce);
    try {
      await deleteBatch(api, some, signal);
    } catch (error) {
      if (faultOf(error)?.kind !== 'not-implemented') throw error;
      await deleteSingly(api, some, signal);
    }
  }
}

async function deleteBatch(api: S3Api, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const [first = ''] = keys;
  const { Errors = [] } = await api.call(
    'delete',
    first,
    ({ s3, http }) =>
      s3.deleteObjects(
        { Bucket: api.location.bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } },
        http,
      ),
    { signal },
  );
  const refused = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
  const [one] = refused;
  if (one === undefined) return;
  const cause = Object.assign(new Error(one.Message ?? ''), { name: one.Code ?? 'Error' });
  const { code, message, hint, data } = s3Error('delete', api.nameOf(one.Key ?? first), cause);
  const others = refused.length > 1 ? `, and ${refused.length - 1} more of ${keys.length} objects` : '';
  throw new ReplicaError(code, message + others, { cause, hint, data });
}

/** Some stores have no request for many. */
async function deleteSingly(api: S3Api, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  for (let at = 0; at < keys.length; at += singlesAtOnce) {
    await Promise.all(keys.slice(at, at + singlesAtOnce).map((key) => deleteOne(api, key, signal)));
  }
}

async function deleteOne(api: S3Api, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await api.call('delete', key, ({ s3, http, object }) => s3.deleteObject(object(key), http), { signal });
  } catch (error) {
    if (faultOf(error)?.kind !== 'no-object') throw error;
  }
}
