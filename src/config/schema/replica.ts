import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import { isReplicaUrl, pathOfReplicaUrl, replicaTypeOf, replicaTypes } from '../replica-url.ts';
import { later, never, notSupported } from './later.ts';
import { choice, count, duration, positiveDuration, size, text, toggle } from './scalar.ts';

const fileOnly = 'belongs to replica types that are not supported yet by this version (now: file)';
const remote = <Schema extends z.ZodType>(schema: Schema) => later(schema, never, fileOnly).optional();

/** Settings of the replica types to come, in the order of Litestream's documentation. */
const remoteSettings = {
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
  'account-name': text,
  'account-key': text,
  'sas-token': text,
  host: text,
  user: text,
  password: text,
  'key-path': text,
  'concurrent-writes': toggle,
  'host-key': text,
  'webdav-url': text,
  'webdav-username': text,
  'webdav-password': text,
  jwt: text,
  seed: text,
  creds: text,
  nkey: text,
  username: text,
  token: text,
  tls: toggle,
  'root-cas': z.array(text),
  'client-cert': text,
  'client-key': text,
  'max-reconnects': text,
  'reconnect-wait': duration,
  timeout: duration,
} as const;

type RemoteKey = keyof typeof remoteSettings;
const remoteKeys = Object.keys(remoteSettings) as RemoteKey[];

/** Encryption is never passed over: whoever configures it must not get plain files. */
const age = z.strictObject({
  identities: later(z.array(text), (keys) => keys.length === 0).optional(),
  recipients: later(z.array(text), (keys) => keys.length === 0).optional(),
});

const sharedSettings = {
  'sync-interval': positiveDuration.optional(),
  'validation-interval': later(duration, (intervalMs) => intervalMs === 0).optional(),
  'max-sync-ltx-files': later(count(0), (files) => files === 0 || files === 256).optional(),
  'auto-recover': later(toggle, (enabled) => !enabled).optional(),
  age: age.optional(),
};

/** Replica settings at the top of the file: defaults for every replica. Those of other types wait for such replicas. */
export const globalReplicaSettings = {
  ...sharedSettings,
  ...(Object.fromEntries(remoteKeys.map((key) => [key, remoteSettings[key].optional()])) as {
    [Key in RemoteKey]: z.ZodOptional<(typeof remoteSettings)[Key]>;
  }),
};

const fileReplica = z
  .strictObject({
    ...sharedSettings,
    name: text.optional(),
    type: choice(replicaTypes).optional(),
    path: text.optional(),
    url: text.optional(),
    ...Object.fromEntries(remoteKeys.map((key) => [key, remote(remoteSettings[key])])),
  })
  .superRefine((replica, context) => {
    const { path, url } = replica;
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (url === undefined && path === undefined) wrong('', 'names no place: it needs url, or type and path');
    else if (url !== undefined && path !== undefined) wrong('path', 'stands beside url: give one of the two');
    else if (path !== undefined && isReplicaUrl(path)) wrong('path', 'is a URL: write it as url');
    else if (url !== undefined && !isReplicaUrl(url)) wrong('url', 'has no scheme: write file:///path, or use path');
    else if (url !== undefined) {
      const problem = problemOfUrl(url);
      if (problem !== undefined) wrong('url', `names no place. ${problem}`);
    }
  });

/** The type is looked at first, so that an S3 replica gives one error and not one for each of its settings. */
export const replicaSchema = z
  .unknown()
  .superRefine((input, context) => {
    const found = typeof input === 'object' && input !== null ? typeAsked(input) : undefined;
    if (found === undefined || found.type === 'file') return;
    const known = (replicaTypes as readonly string[]).includes(found.type);
    const message = known
      ? `asks for a replica of type ${found.type}, which is not supported yet by this version (now: file)`
      : `asks for the unknown replica type ${JSON.stringify(found.type)}, must be one of ${replicaTypes.join(', ')}`;
    const params = known ? { params: notSupported } : {};
    context.addIssue({ code: 'custom', path: [found.key], message, ...params, continue: false });
  })
  .pipe(fileReplica);

function typeAsked(replica: { url?: unknown; type?: unknown }): { key: 'url' | 'type'; type: string } | undefined {
  const { url, type } = replica;
  if (typeof url === 'string' && isReplicaUrl(url)) return { key: 'url', type: replicaTypeOf(url) };
  return typeof type === 'string' ? { key: 'type', type: type.toLowerCase() } : undefined;
}

function problemOfUrl(url: string): string | undefined {
  try {
    pathOfReplicaUrl(url);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
