import * as z from 'zod';
import { ConfigError } from '../config-error.ts';
import { isReplicaUrl, locationOfUrl, replicaTypeOf, replicaTypes } from '../replica-url.ts';
import { key } from './key.ts';
import { later, never, notSupported } from './later.ts';
import { type S3Key, s3Keys } from './s3-settings.ts';
import { choice, count, duration, positiveDuration, text, toggle } from './scalar.ts';

const served = ['file', 's3'] as const satisfies readonly (typeof replicaTypes)[number][];
const notServed = `not supported yet by this version (now: ${served.join(', ')})`;
const remote = <Schema extends z.ZodType>(schema: Schema) =>
  later(schema, never, `belongs to replica types that are ${notServed}`).optional();

/** Settings of the replica types to come, in the order of Litestream's documentation. */
const laterKeys = {
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

type LaterKey = keyof typeof laterKeys;

/** Encryption is never passed over: whoever configures it must not get plain files. */
const age = z.strictObject({
  identities: key(
    later(z.array(text), (keys) => keys.length === 0),
    'the keys that a restore decrypts with',
  ),
  recipients: key(
    later(z.array(text), (keys) => keys.length === 0),
    'whom files are encrypted for',
  ),
});

const sharedSettings = {
  'sync-interval': key(positiveDuration, 'at most one file per interval while changes keep coming', { default: '1s' }),
  'validation-interval': key(
    later(duration, (intervalMs) => intervalMs === 0),
    'how often a replica is validated',
  ),
  'max-sync-ltx-files': key(
    later(count(0), (files) => files === 0 || files === 256),
    'how many files one sync may send; 0 and 256 are accepted without effect',
  ),
  'auto-recover': key(
    toggle,
    'delete everything in a replica and begin it anew when its files, or the local ones, are broken',
    { default: false },
  ),
  age: key(age, 'encryption'),
};

/** Replica settings at the top of the file: defaults for every replica. Those of types to come wait for such replicas. */
export const globalReplicaSettings = { ...sharedSettings, ...s3Keys, ...optional(laterKeys) };

/** A replica of a type that is served. */
export const servedReplica = z
  .strictObject({
    ...sharedSettings,
    name: key(text, 'what restore -replica and ltx -replica take', {
      otherwise: 'its type; the second of a type TYPE-2',
    }),
    type: key(choice(replicaTypes), 'what kind of place it is', { otherwise: 'that of url, else file' }),
    path: key(text, 'a directory, or the path in a bucket'),
    url: key(text, 'all in one: file:///backup/app, s3://BUCKET/PATH?endpoint=HOST'),
    ...s3Keys,
    ...(Object.fromEntries(
      (Object.keys(laterKeys) as LaterKey[]).map((key) => [key, remote(laterKeys[key])]),
    ) as OptionalKeys<typeof laterKeys>),
  })
  .superRefine((replica, context) => {
    const { path, url, bucket } = replica;
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const type = typeAsked(replica)?.type ?? 'file';
    if (type === 'file') {
      for (const key of Object.keys(s3Keys) as S3Key[]) {
        if (replica[key] !== undefined) wrong(key, 'belongs to replicas of type s3, and this one is a directory');
      }
    }
    if (url === undefined && path === undefined && type === 'file')
      wrong('', 'names no place: it needs url, or type and path');
    else if (url !== undefined && path !== undefined) wrong('path', 'stands beside url: give one of the two');
    else if (url !== undefined && bucket !== undefined && type === 's3')
      wrong('bucket', 'stands beside url: give one of the two');
    else if (path !== undefined && isReplicaUrl(path)) wrong('path', 'is a URL: write it as url');
    else if (url !== undefined && !isReplicaUrl(url)) wrong('url', 'has no scheme: write file:///path, or use path');
    else if (url !== undefined) {
      const problem = problemOfUrl(url);
      if (problem !== undefined) wrong('url', `names no place. ${problem}`);
    }
  });

/** The type is looked at first, so that a replica of another type gives one error and not one for each of its settings. */
export const replicaSchema = z
  .unknown()
  .superRefine((input, context) => {
    const found = typeof input === 'object' && input !== null ? typeAsked(input) : undefined;
    if (found === undefined || (served as readonly string[]).includes(found.type)) return;
    const known = (replicaTypes as readonly string[]).includes(found.type);
    const message = known
      ? `asks for a replica of type ${found.type}, which is ${notServed}`
      : `asks for the unknown replica type ${JSON.stringify(found.type)}, must be one of ${replicaTypes.join(', ')}`;
    const params = known ? { params: notSupported } : {};
    context.addIssue({ code: 'custom', path: [found.key], message, ...params, continue: false });
  })
  .pipe(servedReplica);

/** A replica as it stands in a config file. */
export type ReplicaEntry = z.output<typeof replicaSchema>;

type OptionalKeys<Keys extends Readonly<Record<string, z.ZodType>>> = { [Key in keyof Keys]: z.ZodOptional<Keys[Key]> };

function optional<const Keys extends Readonly<Record<string, z.ZodType>>>(keys: Keys): OptionalKeys<Keys> {
  return Object.fromEntries(
    Object.entries(keys).map(([key, schema]) => [key, schema.optional()]),
  ) as OptionalKeys<Keys>;
}

function typeAsked(replica: { url?: unknown; type?: unknown }): { key: 'url' | 'type'; type: string } | undefined {
  const { url, type } = replica;
  if (typeof url === 'string' && isReplicaUrl(url)) return { key: 'url', type: replicaTypeOf(url) };
  return typeof type === 'string' ? { key: 'type', type: type.toLowerCase() } : undefined;
}

/** Settings beside the URL may complete it, so only its form is looked at. */
function problemOfUrl(url: string): string | undefined {
  try {
    locationOfUrl(url, { s3: { bucket: 'any' } });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
