import { posix, resolve } from 'node:path';
import { ReplicaError } from './replica-error.ts';
import type { ReplicaLocation } from './replica-location.ts';
import { parseS3Url } from './s3/parse-s3-url.ts';
import { type S3Settings, s3Location } from './s3/s3-location.ts';

const laterTypes: ReadonlySet<string> = new Set(['gs', 'abs', 'sftp', 'webdav', 'webdavs', 'nats', 'oss']);

/** Whether an argument is a replica URL rather than a path. */
export function isReplicaUrl(text: string): boolean {
  return /^(\w[\w+.-]*:\/\/|file:)/i.test(text);
}

export interface ReplicaUrlOptions {
  /** What is set beside an S3 URL, and goes before what stands in it. */
  readonly s3?: S3Settings | undefined;
  /** The endpoint of S3 URLs that name none: the variable LITESTREAM_S3_ENDPOINT. */
  readonly s3Endpoint?: string | undefined;
}

/** Reads a replica URL or a plain path; relative paths start at the working directory. */
export function parseReplicaUrl(text: string, { s3, s3Endpoint }: ReplicaUrlOptions = {}): ReplicaLocation {
  if (text === '') throw invalidUrl('""', 'it is empty');
  if (text.includes('\0')) throw invalidUrl(withoutSecrets(text), 'it contains a zero byte');
  if (!isReplicaUrl(text)) return { type: 'file', path: resolve(text) };
  const colon = text.indexOf(':');
  const type = text.slice(0, colon).toLowerCase();
  if (type === 's3') {
    const settings: S3Settings = { ...parseS3Url(text), ...s3 };
    return s3Location({ ...settings, endpoint: settings.endpoint ?? s3Endpoint });
  }
  if (type !== 'file') throw notAvailable(type, withoutSecrets(text));
  return { type: 'file', path: resolve(directoryOf(text, text.slice(colon + 1))) };
}

function notAvailable(type: string, object: string): ReplicaError {
  if (laterTypes.has(type)) {
    return new ReplicaError('unsupported', `Cannot open replica ${object}: replica type "${type}" is not there yet`, {
      hint: 'Use a directory (a path, or file:///path) or S3 (s3://bucket/path)',
    });
  }
  return invalidUrl(object, `replica type "${type}" is unknown`);
}

/**
 * The directory of a file URL, exactly as Litestream takes it, so that a replica is found where Litestream left it: a
 * host is the first part of the path (`file://a/b` is `/a/b`), the query does not count, percent-escapes stay as they
 * are, and a path with characters that need one is escaped (`file:///my dir` is `/my%20dir`).
 */
function directoryOf(text: string, afterScheme: string): string {
  const [beforeFragment = '', ...fragments] = afterScheme.split('#');
  const [path = ''] = beforeFragment.split('?');
  const host = /^\/\/([^/]*)/.exec(path)?.[1] ?? '';
  if (/%(?![0-9a-f]{2})/i.test(path))
    throw invalidUrl(withoutSecrets(text), 'it has a "%" without two hexadecimal digits');
  if (!/^[a-z0-9._~-]*(:[0-9]*)?$/i.test(host))
    throw invalidUrl(withoutSecrets(text), 'what follows "//" is no directory');
  if (path.replaceAll('/', '') === '' && path !== '/' && !path.startsWith('///')) {
    throw invalidUrl(withoutSecrets(text), 'it names no directory');
  }
  const fragment = fragments.join('#');
  return posix.normalize(escaped(path) + (fragment === '' ? '' : `#${escaped(fragment)}`));
}

/** The path as it is when it is a valid URL path, else its bytes escaped anew. */
function escaped(path: string): string {
  if (/^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/%]*$/.test(path)) return path;
  const bytes = Buffer.from(path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => `\0${hex}`));
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const isEscape = bytes[at] === 0;
    const byte = isEscape ? Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16) : (bytes[at] ?? 0);
    if (isEscape) at += 2;
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(character) ? character : `%${hexByte(byte)}`;
  }
  return text;
}

function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** A URL as messages may show it: no user, password or query. */
function withoutSecrets(text: string): string {
  const scheme = /^\w[\w+.-]*:/.exec(text)?.[0] ?? '';
  return text.includes('@') ? `${scheme}//...` : text.replace(/[?#].*$/s, '');
}

function invalidUrl(object: string, state: string): ReplicaError {
  return new ReplicaError('invalid-url', `Cannot open replica ${object}: ${state}`, {
    hint: 'Write an absolute path, file:///path, or s3://bucket/path',
  });
}
