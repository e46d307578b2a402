/** What went wrong with a request, as far as it matters for what to do next. */
export type S3FaultKind =
  | 'no-object'
  | 'no-upload'
  | 'no-bucket'
  /** A condition of the request does not hold: the object is there, or is another one. */
  | 'condition'
  /** Another conditional write of the object is under way. */
  | 'conflict'
  | 'range'
  | 'denied'
  | 'wrong-credentials'
  | 'expired-credentials'
  | 'no-credentials'
  | 'clock'
  | 'region'
  | 'not-implemented'
  | 'full'
  | 'busy'
  /** Answered with an error of the store's own, cut short, or damaged on its way. */
  | 'broken'
  | 'unreachable'
  | 'untrusted'
  | 'other';

export interface S3Fault {
  readonly kind: S3FaultKind;
  /** The store's or the system's own name for it. */
  readonly code: string;
  /** The region that the store says the bucket is in. */
  readonly region: string | undefined;
}

const byCode: Readonly<Record<string, S3FaultKind>> = {
  NoSuchKey: 'no-object',
  NotFound: 'no-object',
  NoSuchUpload: 'no-upload',
  NoSuchBucket: 'no-bucket',
  PreconditionFailed: 'condition',
  ConditionalRequestConflict: 'conflict',
  OperationAborted: 'conflict',
  InvalidRange: 'range',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  InvalidAccessKeyId: 'wrong-credentials',
  SignatureDoesNotMatch: 'wrong-credentials',
  InvalidToken: 'expired-credentials',
  ExpiredToken: 'expired-credentials',
  ExpiredTokenException: 'expired-credentials',
  TokenRefreshRequired: 'expired-credentials',
  RequestExpired: 'expired-credentials',
  CredentialsProviderError: 'no-credentials',
  RequestTimeTooSkewed: 'clock',
  PermanentRedirect: 'region',
  AuthorizationHeaderMalformed: 'region',
  IllegalLocationConstraintException: 'region',
  NotImplemented: 'not-implemented',
  MethodNotAllowed: 'not-implemented',
  InsufficientStorage: 'full',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  SlowDown: 'busy',
  ThrottlingException: 'busy',
  Throttling: 'busy',
  RequestLimitExceeded: 'busy',
  InternalError: 'broken',
  RequestTimeout: 'broken',
  RequestCanceled: 'broken',
  TimeoutError: 'broken',
  BadDigest: 'broken',
  IncompleteBody: 'broken',
  InvalidDigest: 'broken',
  XAmzContentSHA256Mismatch: 'broken',
  ECONNRESET: 'broken',
  EPIPE: 'broken',
  ETIMEDOUT: 'broken',
  ECONNREFUSED: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EPROTO: 'untrusted',
};

const byStatus: Readonly<Record<number, S3FaultKind>> = {
  301: 'region',
  307: 'region',
  401: 'wrong-credentials',
  403: 'denied',
  404: 'no-object',
  405: 'not-implemented',
  408: 'broken',
  409: 'conflict',
  412: 'condition',
  416: 'range',
  429: 'busy',
  501: 'not-implemented',
  503: 'busy',
  507: 'full',
};

/** Reads what the SDK threw. */
export function s3Fault(error: unknown): S3Fault {
  const { name, code: systemCode, $metadata, $response } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const codes = [systemCode, name].filter((code): code is string => typeof code === 'string');
  const known = codes.find((code) => Object.hasOwn(byCode, code));
  const kind = known === undefined ? kindOf(codes, status) : byCode[known];
  return {
    kind: kind ?? 'other',
    code: known ?? (status === undefined ? (codes[0] ?? 'Error') : `${name ?? 'Error'}, status ${status}`),
    region: $response?.headers?.['x-amz-bucket-region'],
  };
}

interface SdkError {
  readonly name?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
}

/** An answer of 200 whose body could not be read was cut short; other errors without a status are our own. */
function kindOf(codes: readonly string[], status: number | undefined): S3FaultKind | undefined {
  if (codes.some((code) => /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)))
    return 'untrusted';
  if (status === undefined) return undefined;
  return byStatus[status] ?? (status >= 500 || status < 300 ? 'broken' : undefined);
}
