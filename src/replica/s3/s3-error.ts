import { ReplicaError, type ReplicaErrorCode } from '../replica-error.ts';
import { type S3Fault, type S3FaultKind, s3Fault } from './s3-fault.ts';

export type S3Act = 'list' | 'open' | 'read' | 'write' | 'delete' | 'reach';

interface Meaning {
  readonly code: ReplicaErrorCode;
  readonly state: string;
  readonly hint?: string;
}

const meanings: Readonly<Record<S3FaultKind, Meaning>> = {
  'no-object': { code: 'not-found', state: 'it does not exist' },
  'no-upload': { code: 'unavailable', state: 'the store knows nothing of the upload any more' },
  'no-bucket': {
    code: 'unavailable',
    state: 'there is no such bucket',
    hint: 'Create the bucket, or correct its name or endpoint',
  },
  condition: { code: 'unavailable', state: 'the object was replaced meanwhile' },
  conflict: { code: 'unavailable', state: 'other writes of the same object were under way' },
  range: { code: 'unavailable', state: 'the store refuses the byte range' },
  denied: {
    code: 'denied',
    state: 'access is denied',
    hint: 'Allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects',
  },
  'wrong-credentials': {
    code: 'denied',
    state: 'the store does not accept the credentials',
    hint: 'Check access-key-id and secret-access-key (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), and that the region is right',
  },
  'expired-credentials': {
    code: 'denied',
    state: 'the credentials have expired',
    hint: 'Give new ones; a role or profile is read again by itself',
  },
  'no-credentials': {
    code: 'denied',
    state: 'there are no credentials',
    hint: 'Set access-key-id and secret-access-key in the config, LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY or their AWS_ forms, a profile, or a role',
  },
  clock: {
    code: 'denied',
    state: 'the clock of this machine is too far off',
    hint: 'Set the clock, for example with NTP',
  },
  region: {
    code: 'denied',
    state: 'the bucket is in another region',
    hint: 'Set region, or leave it away to have it found',
  },
  'not-implemented': { code: 'unsupported', state: 'the store does not support the request' },
  full: {
    code: 'full',
    state: 'no space is left, or the quota is used up',
    hint: 'Free space there; what is missing is sent as soon as there is room',
  },
  busy: {
    code: 'unavailable',
    state: 'the store asks to slow down',
    hint: 'Lower store-calls-per-second, or raise sync-interval',
  },
  broken: { code: 'unavailable', state: 'the store failed, or the connection broke' },
  unreachable: {
    code: 'unavailable',
    state: 'the store cannot be reached',
    hint: 'Check the endpoint, the network and the name service',
  },
  untrusted: {
    code: 'unavailable',
    state: "the store's certificate is not trusted, or it does not speak TLS",
    hint: 'Install its certificate authority (NODE_EXTRA_CA_CERTS), write http:// where the store has no TLS, or set skip-verify',
  },
  other: { code: 'unavailable', state: 'it failed' },
};

/** What could not be done, as a ReplicaError. `object` names bucket and key. The fault is kept for `faultOf`. */
export function s3Error(act: S3Act, object: string, cause: unknown): ReplicaError {
  if (cause instanceof ReplicaError) return cause;
  const fault = s3Fault(cause);
  const { code, state, hint } = meanings[fault.kind];
  const region = fault.kind === 'region' && fault.region !== undefined ? ` (${fault.region})` : '';
  const said =
    cause instanceof Error && cause.message !== '' && cause.message !== fault.code ? `: ${cause.message}` : '';
  const detail = fault.kind === 'no-object' ? '' : `, ${fault.code}${said}`;
  return new ReplicaError(code, `Cannot ${act} ${object}: ${state}${region}${detail.replace(/\.$/, '')}`, {
    cause,
    hint,
    data: fault,
  });
}

/** What an error of `s3Error` came of; undefined for others. */
export function faultOf(error: unknown): S3Fault | undefined {
  return error instanceof ReplicaError ? (error.data as S3Fault | undefined) : undefined;
}
